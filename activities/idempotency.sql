-- name: reserve
-- The first request under a key reserves it; one that was reserved and never answered is taken over after 20 s, longer than any
-- request may take.
INSERT INTO idempotency_keys (store, actor, key, request_hash)
VALUES (%(store)s, %(actor)s, %(key)s, %(request_hash)s)
ON CONFLICT (store, actor, key) DO UPDATE SET at = now()
    WHERE idempotency_keys.status IS NULL AND idempotency_keys.request_hash = excluded.request_hash
      AND idempotency_keys.at < now() - interval '20 seconds'
RETURNING key;

-- name: find
-- What was answered under a key.
SELECT request_hash, status, response FROM idempotency_keys
WHERE store = %(store)s AND actor = %(actor)s AND key = %(key)s;

-- name: answer
-- Keeps the answer for the next request under the key.
UPDATE idempotency_keys SET status = %(status)s, response = %(response)s
WHERE store = %(store)s AND actor = %(actor)s AND key = %(key)s;

-- name: forget
-- The request failed and changed nothing: the key is free again.
DELETE FROM idempotency_keys WHERE store = %(store)s AND actor = %(actor)s AND key = %(key)s AND status IS NULL;
