-- name: find_entry
-- What the outbox holds under a key.
SELECT * FROM outbox
WHERE store = %(store)s AND query_id = %(query_id)s AND purpose = %(purpose)s AND ordinal = %(ordinal)s
FOR UPDATE;

-- name: standing_of_query
-- What decides whether a run may send.
SELECT first_run_id, disposition, closed_at FROM queries WHERE store = %(store)s AND query_id = %(query_id)s;

-- name: write_entry
-- One entry a key; the content is fixed with the first.
INSERT INTO outbox (store, query_id, purpose, ordinal, content_hash, body, helpdesk, status)
VALUES (%(store)s, %(query_id)s, %(purpose)s, %(ordinal)s, %(content_hash)s, %(body)s, %(helpdesk)s, 'pending');

-- name: mark_delivered
-- It has left. True for the one call that made it so.
UPDATE outbox SET status = 'delivered', delivered_at = now(), external_id = %(external_id)s, failure = NULL
WHERE store = %(store)s AND query_id = %(query_id)s AND purpose = %(purpose)s AND ordinal = %(ordinal)s
  AND status <> 'delivered'
RETURNING body;

-- name: mark_failed
-- It will not leave under this key; a delivered one stays delivered.
UPDATE outbox SET status = 'failed', failure = %(failure)s
WHERE store = %(store)s AND query_id = %(query_id)s AND purpose = %(purpose)s AND ordinal = %(ordinal)s
  AND status = 'pending';

-- name: append_message
-- The reply or notice becomes part of the conversation.
WITH conversation AS (
    UPDATE conversations SET last_seq = last_seq + 1
    WHERE store = %(store)s AND conversation_id = %(conversation_id)s
    RETURNING last_seq
)
INSERT INTO messages (store, conversation_id, seq, role, text, query_id, at)
SELECT %(store)s, %(conversation_id)s, last_seq, %(role)s, %(text)s, %(query_id)s, now() FROM conversation;

-- name: add_event
-- Something the customer's side or the console may be told at once.
SELECT add_event(%(store)s, %(query_id)s, %(kind)s, %(body)s);

-- name: announce
-- The same for mere progress, which a power cut may lose: nobody waits for the disk.
SELECT set_config('synchronous_commit', 'off', true), add_event(%(store)s, %(query_id)s, %(kind)s, %(body)s);

-- name: webhook_of_store
-- Where a store's replies go; both null for a store without a webhook.
SELECT settings->>'webhook_url' AS url, webhook_secret AS secret FROM stores WHERE store = %(store)s;
