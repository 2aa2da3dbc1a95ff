-- name: insert_attachment
-- A file, not yet named by any message.
INSERT INTO attachments (store, attachment_id, name, media_type, size, content_hash, width, height, notes, scan,
                         uploaded_at)
VALUES (%(store)s, %(attachment_id)s, %(name)s, %(media_type)s, %(size)s, %(content_hash)s, %(width)s, %(height)s,
        %(notes)s, %(scan)s, %(uploaded_at)s);

-- name: insert_piece
-- A piece of its content, in order.
INSERT INTO attachment_pieces (store, attachment_id, piece, content)
VALUES (%(store)s, %(attachment_id)s, %(piece)s, %(content)s);

-- name: unused_bytes
-- How much lies here that no message names.
SELECT coalesce(sum(size), 0)::bigint AS bytes FROM attachments WHERE store = %(store)s AND query_id IS NULL;

-- name: find_attachment
-- What is known of a file.
SELECT store, attachment_id, name, media_type, size, content_hash, width, height, notes, scan, uploaded_at, query_id
FROM attachments WHERE store = %(store)s AND attachment_id = %(attachment_id)s;

-- name: read_pieces
-- Its content, in order.
SELECT content FROM attachment_pieces
WHERE store = %(store)s AND attachment_id = %(attachment_id)s
ORDER BY piece;

-- name: note_scan
-- What a later scan says.
UPDATE attachments SET scan = %(scan)s WHERE store = %(store)s AND attachment_id = %(attachment_id)s;

-- name: delete_pieces
-- The content of an infected file.
DELETE FROM attachment_pieces WHERE store = %(store)s AND attachment_id = %(attachment_id)s;

-- name: drop_unused
-- What no message has named for so long.
DELETE FROM attachments
WHERE store = %(store)s AND query_id IS NULL AND uploaded_at < now() - %(older_than)s::interval;
