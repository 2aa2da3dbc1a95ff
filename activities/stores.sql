-- name: create_store
-- A new store; no row when the name is taken.
INSERT INTO stores (store, name, settings) VALUES (%(store)s, %(name)s, %(settings)s)
ON CONFLICT (store) DO NOTHING RETURNING store;

-- name: read_store
-- A store with its settings.
SELECT store, name, settings, webhook_secret IS NOT NULL AS has_secret, created_at
FROM stores WHERE store = %(store)s;

-- name: lock_store
-- The same, so that two changes of settings follow one another.
SELECT store, name, settings, webhook_secret IS NOT NULL AS has_secret, created_at
FROM stores WHERE store = %(store)s FOR UPDATE;

-- name: change_store
-- Name and settings as they are now; a new secret replaces the one before.
UPDATE stores SET name = %(name)s, settings = %(settings)s, webhook_secret = coalesce(%(secret)s, webhook_secret)
WHERE store = %(store)s;

-- name: count_documents
-- Documents in force, by kind.
SELECT kind, count(DISTINCT document_id) AS documents FROM documents
WHERE store = %(store)s AND withdrawn_at IS NULL GROUP BY kind ORDER BY kind;

-- name: count_orders
-- Orders of the store.
SELECT count(*) AS orders FROM orders WHERE store = %(store)s;

-- name: set_shares
-- A person has set the store's share: it holds for every group.
WITH moved AS (
    SELECT group_key, share FROM group_states WHERE store = %(store)s AND share <> %(share)s
), noted AS (
    INSERT INTO rollout_moves (store, group_key, share_before, share_after, because, reason)
    SELECT %(store)s, group_key, share, %(share)s, 'set', 'The store''s rollout share was set.' FROM moved
)
UPDATE group_states SET share = %(share)s, since = now(), labels = 0, errors = 0, alarm = 1, merit = 1
WHERE store = %(store)s AND share <> %(share)s;
