-- name: valid_certificates
-- What is in force.
SELECT * FROM certificates WHERE store = %(store)s AND voided_at IS NULL ORDER BY group_key;

-- name: list_certificates
-- All there ever were, newest first.
SELECT * FROM certificates WHERE store = %(store)s ORDER BY issued_at DESC, certificate_id LIMIT %(most)s;

-- name: find_certificate
-- One of them.
SELECT * FROM certificates WHERE store = %(store)s AND certificate_id = %(certificate_id)s;

-- name: void_certificate
-- From now on it lets nothing out; the first reason stays.
UPDATE certificates SET voided_at = now(), voided_because = %(because)s
WHERE store = %(store)s AND certificate_id = %(certificate_id)s AND voided_at IS NULL
RETURNING certificate_id;

-- name: write_certificate
-- A new promise.
INSERT INTO certificates (store, certificate_id, recalibration, group_key, level, members, alpha, delta, threshold, labels,
                          n, errors, bound, data_hash, versions, policies, documents, knowledge_hash, knowledge_at,
                          issued_by)
VALUES (%(store)s, %(certificate_id)s, %(recalibration)s, %(group_key)s, %(level)s, %(members)s, %(alpha)s, %(delta)s,
        %(threshold)s, %(labels)s, %(n)s, %(errors)s, %(bound)s, %(data_hash)s, %(versions)s, %(policies)s,
        %(documents)s, %(knowledge_hash)s, %(knowledge_at)s, %(issued_by)s);

-- name: lock_store
-- One recalibration of a store after the other.
SELECT pg_advisory_xact_lock(hashtextextended('certify/' || %(store)s, 0));

-- name: last_recalibration
-- How often the labels have been looked at.
SELECT coalesce(max(recalibration), 0) AS last FROM recalibrations WHERE store = %(store)s;

-- name: write_recalibration
-- A look at the labels, whatever came of it.
INSERT INTO recalibrations (store, recalibration, delta, labels, pools, by_whom)
VALUES (%(store)s, %(recalibration)s, %(delta)s, %(labels)s, %(pools)s, %(by)s);

-- name: certifying_labels
-- What certifies: drawn among all drafts, passed by the guard, made by what answers now, judged, and drawn after the last
-- alarm of its group. One a conversation.
SELECT a.query_id, a.draft_hash, a.intent || '/' || a.language AS group_key, a.intent, a.policy, a.confidence,
       l.verdict = 'right' AS right, d.body->'citations' AS citations
FROM audits a
JOIN LATERAL (SELECT verdict FROM audit_labels l WHERE l.store = a.store AND l.query_id = a.query_id
              ORDER BY label_id DESC LIMIT 1) l ON true
LEFT JOIN drafts d ON d.store = a.store AND d.query_id = a.query_id AND d.draft_hash = a.draft_hash
WHERE a.store = %(store)s AND a.stream = 'draft' AND a.passed AND a.split = 'certify' AND a.models = %(models)s
  AND NOT EXISTS (SELECT 1 FROM group_states g
                  WHERE g.store = a.store AND a.intent || '/' || a.language = ANY (g.members)
                    AND g.alarmed_at >= a.drawn_at)
ORDER BY a.drawn_at, a.query_id;

-- name: other_labels
-- Labels that do not certify, since something else answers now.
SELECT count(DISTINCT a.query_id) AS labels FROM audits a
WHERE a.store = %(store)s AND a.stream = 'draft' AND a.passed AND a.models <> %(models)s
  AND EXISTS (SELECT 1 FROM audit_labels l WHERE l.store = a.store AND l.query_id = a.query_id);

-- name: knowledge_changed_at
-- When the store's knowledge last changed.
SELECT greatest(loaded_at, withdrawn_at, quarantined_at, released_at) AS at FROM documents WHERE store = %(store)s
ORDER BY greatest(loaded_at, withdrawn_at, quarantined_at, released_at) DESC LIMIT 1;

-- name: knowledge_hash
-- Everything that answers now, as one hash.
SELECT md5(coalesce(string_agg(document_id || '/' || language || '/' || content_hash, ' '
                               ORDER BY document_id, language, version), '')) AS hash
FROM documents
WHERE store = %(store)s AND withdrawn_at IS NULL AND (quarantined_at IS NULL OR released_at IS NOT NULL);

-- name: policy_documents
-- Hashes of policy documents as they stand now; several languages and editions of one are taken together.
SELECT document_id, md5(string_agg(content_hash, ' ' ORDER BY language, version)) AS hash
FROM documents
WHERE store = %(store)s AND document_id = ANY (%(documents)s) AND kind = 'policy' AND withdrawn_at IS NULL
  AND (quarantined_at IS NULL OR released_at IS NOT NULL)
GROUP BY document_id;

-- name: confirm_knowledge
-- A rerun has shown that certificates hold with what the store knows now.
UPDATE certificates SET knowledge_at = %(at)s, knowledge_hash = %(hash)s
WHERE store = %(store)s AND certificate_id = %(certificate_id)s AND voided_at IS NULL;
