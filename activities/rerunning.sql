-- name: frozen_set
-- The questions that a certificate was issued on and whose drafts rest on knowledge, as they came in.
SELECT q.*, d.body FROM audits a
JOIN queries q ON q.store = a.store AND q.query_id = a.query_id
JOIN drafts d ON d.store = a.store AND d.query_id = a.query_id AND d.draft_hash = a.draft_hash
WHERE a.store = %(store)s AND a.stream = 'draft' AND a.passed AND a.split = 'certify' AND a.models = %(models)s
  AND a.intent || '/' || a.language = ANY (%(members)s) AND jsonb_array_length(d.body->'citations') > 0
  AND EXISTS (SELECT 1 FROM audit_labels l
              WHERE l.store = a.store AND l.query_id = a.query_id AND l.at <= %(issued_at)s)
ORDER BY a.drawn_at, a.query_id;
