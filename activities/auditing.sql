-- name: draw
-- Draws a query into a stream at the rate that was pinned for it: by a hash of its id and the store's secret, never by its
-- confidence. One item of a conversation; a second time nothing changes.
INSERT INTO audits (store, stream, query_id, conversation_id, draft_hash, intent, language, confidence, passed, split,
                    models, policy, group_key, certificate_id, rate, inclusion)
SELECT q.store, %(stream)s, q.query_id, q.conversation_id, %(draft_hash)s, %(intent)s, %(language)s, %(confidence)s,
       %(passed)s,
       CASE WHEN place_of('split', s.audit_secret, q.conversation_id) < coalesce((q.made_with->>'fit')::int, 0)
            THEN 'fit' ELSE 'certify' END,
       q.made_with->>'models', q.made_with->'policies'->>%(intent)s,
       CASE WHEN %(stream)s = 'sent' THEN coalesce(q.made_with->'rules'->%(group)s->>0, 'cold_start') END,
       CASE WHEN %(stream)s = 'sent' THEN q.made_with->'rules'->%(group)s->>1 END,
       r.rate, r.rate / 100 * power(1 - r.rate / 100, e.earlier)
FROM queries q
JOIN stores s ON s.store = q.store
CROSS JOIN LATERAL (SELECT (q.made_with->'rates'->>%(stream)s)::double precision AS rate) r
CROSS JOIN LATERAL (SELECT count(*) AS earlier FROM queries o
                    WHERE o.store = q.store AND o.conversation_id = q.conversation_id AND o.seq < q.seq
                      AND EXISTS (SELECT 1 FROM drafts d WHERE d.store = o.store AND d.query_id = o.query_id)) e
WHERE q.store = %(store)s AND q.query_id = %(query_id)s AND q.made_with->'policies' ? %(intent)s
  AND place_of('audit/' || %(stream)s, s.audit_secret, q.query_id) < r.rate
ON CONFLICT DO NOTHING;

-- name: next_audit
-- The first of those that wait for a label, and how many wait.
SELECT a.query_id, a.draft_hash, a.intent, a.language, q.conversation_id, q.seq, d.body,
       count(*) OVER () AS waiting
FROM (
    SELECT store, query_id, draft_hash, intent, language, min(drawn_at) AS drawn_at
    FROM audits WHERE store = %(store)s GROUP BY store, query_id, draft_hash, intent, language
) a
JOIN queries q ON q.store = a.store AND q.query_id = a.query_id
JOIN drafts d ON d.store = a.store AND d.query_id = a.query_id AND d.draft_hash = a.draft_hash
WHERE NOT EXISTS (SELECT 1 FROM audit_labels l WHERE l.store = a.store AND l.query_id = a.query_id)
ORDER BY (a.query_id = %(after)s), a.drawn_at, a.query_id
LIMIT 1;

-- name: thread_before
-- The conversation as it stood when the draft was made: what came after would tell what became of it.
SELECT m.role, m.text, m.at FROM messages m
WHERE m.store = %(store)s AND m.conversation_id = %(conversation_id)s AND m.seq <= %(seq)s
ORDER BY m.seq DESC LIMIT %(most)s;

-- name: lock_audit
-- The streams that hold a query, with the rule under which it left.
SELECT stream, group_key, certificate_id FROM audits WHERE store = %(store)s AND query_id = %(query_id)s FOR UPDATE;

-- name: last_label
-- What was last said of it.
SELECT verdict, harm, note, agent, at FROM audit_labels WHERE store = %(store)s AND query_id = %(query_id)s
ORDER BY label_id DESC LIMIT 1;

-- name: write_label
-- What a person says of it; what was said before stays.
INSERT INTO audit_labels (store, query_id, verdict, harm, note, agent)
VALUES (%(store)s, %(query_id)s, %(verdict)s, %(harm)s, %(note)s, %(agent)s)
RETURNING verdict, harm, note, agent, at;

-- name: list_audits
-- The newest of those that were drawn, with their labels.
SELECT a.query_id, a.intent, a.language, array_agg(a.stream ORDER BY a.stream) AS streams, min(a.drawn_at) AS drawn_at,
       min(l.verdict) AS verdict, min(l.harm) AS harm, min(l.note) AS note, min(l.agent) AS agent, min(l.at) AS at
FROM audits a
LEFT JOIN LATERAL (SELECT verdict, harm, note, agent, at FROM audit_labels l
                   WHERE l.store = a.store AND l.query_id = a.query_id ORDER BY label_id DESC LIMIT 1) l ON true
WHERE a.store = %(store)s
  AND (%(state)s = 'all' OR (%(state)s = 'waiting') = (l.verdict IS NULL))
GROUP BY a.query_id, a.intent, a.language
ORDER BY min(a.drawn_at) DESC, a.query_id
LIMIT %(most)s;

-- name: count_audits
-- How many wait and how many are labelled, by intent and language.
SELECT a.intent || '/' || a.language AS group_key, count(*) AS drawn,
       count(*) FILTER (WHERE l.labelled) AS labelled
FROM (SELECT DISTINCT store, query_id, intent, language FROM audits WHERE store = %(store)s) a
CROSS JOIN LATERAL (SELECT EXISTS (SELECT 1 FROM audit_labels l WHERE l.store = a.store AND l.query_id = a.query_id)
                    AS labelled) l
GROUP BY 1 ORDER BY 1;
