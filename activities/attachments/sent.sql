-- name: claim
-- The files become the conversation's; those of another one are left out.
UPDATE attachments
SET conversation_id = %(conversation_id)s, query_id = coalesce(query_id, %(query_id)s)
WHERE store = %(store)s AND attachment_id = ANY(%(attachment_ids)s)
  AND (conversation_id IS NULL OR conversation_id = %(conversation_id)s)
RETURNING attachment_id;

-- name: exists
-- Whether the store has a file of this id.
SELECT 1 AS found FROM attachments WHERE store = %(store)s AND attachment_id = %(attachment_id)s;

-- name: attach
-- They came with the message of this query, in this order.
INSERT INTO query_attachments (store, query_id, place, attachment_id)
SELECT %(store)s, %(query_id)s, place - 1, attachment_id
FROM unnest(%(attachment_ids)s::text[]) WITH ORDINALITY AS named (attachment_id, place);

-- name: of_queries
-- What came with the messages of these queries, oldest first.
SELECT a.attachment_id, a.name, a.media_type, a.size, a.content_hash
FROM query_attachments s
JOIN queries q USING (store, query_id)
JOIN attachments a USING (store, attachment_id)
WHERE s.store = %(store)s AND s.query_id = ANY(%(query_ids)s)
ORDER BY q.seq, s.place;

-- name: answered_by
-- What came with the message of a query, and with those of the queries that it superseded.
WITH RECURSIVE answered AS (
    SELECT query_id, seq FROM queries WHERE store = %(store)s AND query_id = %(query_id)s
    UNION
    SELECT q.query_id, q.seq FROM queries q JOIN answered a ON q.superseded_by = a.query_id
    WHERE q.store = %(store)s
        AND q.conversation_id = (SELECT conversation_id FROM queries WHERE store = %(store)s AND query_id = %(query_id)s)
)
SELECT a.store, a.attachment_id, a.name, a.media_type, a.size, a.content_hash, a.width, a.height, a.notes, a.scan,
       a.uploaded_at, a.query_id
FROM answered
JOIN query_attachments s ON s.store = %(store)s AND s.query_id = answered.query_id
JOIN attachments a ON a.store = s.store AND a.attachment_id = s.attachment_id
ORDER BY answered.seq, s.place;

-- name: in_conversation
-- What came with the messages of a conversation.
SELECT a.store, a.attachment_id, a.name, a.media_type, a.size, a.content_hash, a.width, a.height, a.notes, a.scan,
       a.uploaded_at, a.query_id, s.query_id AS sent_with
FROM queries q
JOIN query_attachments s USING (store, query_id)
JOIN attachments a USING (store, attachment_id)
WHERE q.store = %(store)s AND q.conversation_id = %(conversation_id)s
ORDER BY q.seq, s.place;
