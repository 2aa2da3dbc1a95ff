-- name: note_gap
-- Nothing answers a query. The step may run again: what it finds then is put in the place of what it found before.
INSERT INTO knowledge_gaps (store, query_id, language, intent, score, passage_id)
VALUES (%(store)s, %(query_id)s, %(language)s, %(intent)s, %(score)s, %(passage_id)s)
ON CONFLICT (store, query_id) DO UPDATE
SET language = excluded.language, intent = excluded.intent, score = excluded.score, passage_id = excluded.passage_id
WHERE knowledge_gaps.closed_at IS NULL;

-- name: close_gap
-- Someone has seen to it.
UPDATE knowledge_gaps SET closed_at = now(), closed_by = %(agent)s
WHERE store = %(store)s AND query_id = %(query_id)s AND closed_at IS NULL
RETURNING query_id;

-- name: find_gap
-- Whether there is such a gap, open or closed.
SELECT query_id FROM knowledge_gaps WHERE store = %(store)s AND query_id = %(query_id)s;

-- name: list_gaps
-- The newest gaps of each language and intent with the customer's words, and how many each group has in all.
SELECT g.*, left(m.text, 2000) AS text, p.document_id, p.title
FROM (
    SELECT each.store, each.query_id, each.language, each.intent, each.score, each.passage_id, each.asked_at,
           each.closed_at, each.closed_by, q.conversation_id, q.seq,
           count(*) OVER (PARTITION BY each.language, each.intent) AS gaps,
           row_number() OVER (PARTITION BY each.language, each.intent ORDER BY each.asked_at DESC, each.query_id) AS place
    FROM knowledge_gaps each
    LEFT JOIN queries q ON q.store = each.store AND q.query_id = each.query_id
    WHERE each.store = %(store)s AND (each.closed_at IS NULL OR %(closed_too)s) AND q.superseded_by IS NULL
) g
LEFT JOIN messages m ON m.store = g.store AND m.conversation_id = g.conversation_id AND m.seq = g.seq
LEFT JOIN passages p ON p.store = g.store AND p.passage_id = g.passage_id
WHERE g.place <= %(most)s
ORDER BY g.language, g.intent, g.place;
