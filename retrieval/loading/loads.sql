-- name: begin_load
-- A load has begun; nothing is known of it yet but where it comes from.
INSERT INTO knowledge_loads (store, watch_id, location)
VALUES (%(store)s, %(watch_id)s, %(location)s) RETURNING load_id;

-- name: touch_load
-- The load is still at it, though nothing was written lately.
UPDATE knowledge_loads SET seen_at = now() WHERE store = %(store)s AND load_id = %(load_id)s;

-- name: beat_load
-- The load is still at it, and so far.
UPDATE knowledge_loads SET seen_at = now(), documents = %(documents)s, done = %(done)s
WHERE store = %(store)s AND load_id = %(load_id)s;

-- name: end_load
-- The load is over, well or not.
UPDATE knowledge_loads SET seen_at = now(), finished_at = now(), report = %(report)s, error = %(error)s
WHERE store = %(store)s AND load_id = %(load_id)s;

-- name: recent_loads
-- The last loads, newest first.
SELECT load_id, watch_id, location, started_at, seen_at, finished_at, documents, done, report, error
FROM knowledge_loads WHERE store = %(store)s ORDER BY load_id DESC LIMIT %(most)s;
