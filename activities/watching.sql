-- name: put_watch
-- A watch, new or with other settings. `was_new` tells which.
INSERT INTO knowledge_watches (store, watch_id, location, every_minutes, prune, kinds)
VALUES (%(store)s, %(watch_id)s, %(location)s, %(every_minutes)s, %(prune)s, %(kinds)s)
ON CONFLICT (store, watch_id) DO UPDATE
SET every_minutes = excluded.every_minutes, prune = excluded.prune, kinds = excluded.kinds
RETURNING (xmax = 0) AS was_new;

-- name: delete_watch
-- A watch with what was read of its pages; its documents stay.
DELETE FROM knowledge_watches WHERE store = %(store)s AND watch_id = %(watch_id)s RETURNING watch_id;

-- name: list_watches
-- Every watch of a store, with how its last refresh went.
SELECT w.store, w.watch_id, w.location, w.every_minutes, w.prune, w.kinds, l.started_at, l.finished_at, l.report, l.error
FROM knowledge_watches w
LEFT JOIN LATERAL (
    SELECT * FROM knowledge_loads l WHERE l.store = w.store AND l.watch_id = w.watch_id ORDER BY load_id DESC LIMIT 1
) l ON true
WHERE w.store = %(store)s
ORDER BY w.location;

-- name: read_watch
-- One watch.
SELECT store, watch_id, location, every_minutes, prune, kinds
FROM knowledge_watches WHERE store = %(store)s AND watch_id = %(watch_id)s;

-- name: documents_of_watch
-- What stands of a watch.
SELECT document_id, language, version FROM documents
WHERE store = %(store)s AND source = %(watch_id)s AND withdrawn_at IS NULL;

-- name: known_pages
-- What is known of the pages of a watch, without their texts.
SELECT url, etag, last_modified, reader, checked_at FROM watched_pages
WHERE store = %(store)s AND watch_id = %(watch_id)s;

-- name: put_page
-- A page as it was just read.
INSERT INTO watched_pages (store, watch_id, url, etag, last_modified, reader, fields, checked_at)
VALUES (%(store)s, %(watch_id)s, %(url)s, %(etag)s, %(last_modified)s, %(reader)s, %(fields)s, now())
ON CONFLICT (store, watch_id, url) DO UPDATE
SET etag = excluded.etag, last_modified = excluded.last_modified, reader = excluded.reader, fields = excluded.fields,
    checked_at = now();

-- name: touch_page
-- A page that is what it was.
UPDATE watched_pages SET checked_at = now()
WHERE store = %(store)s AND watch_id = %(watch_id)s AND url = %(url)s;

-- name: page_fields
-- The documents of some pages.
SELECT url, fields FROM watched_pages
WHERE store = %(store)s AND watch_id = %(watch_id)s AND url = ANY (%(urls)s);

-- name: forget_pages
-- Pages that are gone.
DELETE FROM watched_pages WHERE store = %(store)s AND watch_id = %(watch_id)s AND url <> ALL (%(urls)s);

-- name: complete_report
-- What was found out before the load itself, added to the report of the watch's last load.
UPDATE knowledge_loads SET report = %(report)s
WHERE store = %(store)s AND load_id = (
    SELECT max(load_id) FROM knowledge_loads WHERE store = %(store)s AND watch_id = %(watch_id)s);

-- name: forget_loads
-- Of a watch the last reports are kept.
DELETE FROM knowledge_loads
WHERE store = %(store)s AND watch_id = %(watch_id)s AND load_id NOT IN (
    SELECT load_id FROM knowledge_loads WHERE store = %(store)s AND watch_id = %(watch_id)s
    ORDER BY load_id DESC LIMIT %(most)s);
