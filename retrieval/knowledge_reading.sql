-- name: browse_documents
-- A page of versions with their state at this moment. Passages are counted for those of the page alone.
SELECT d.*, (SELECT count(*) FROM passages p
             WHERE p.store = %(store)s AND p.document_id = d.document_id AND p.language = d.language
               AND p.version = d.version) AS passages
FROM (
    SELECT document_id, language, version, kind, title, effective_from, effective_to, loaded_at, withdrawn_at,
           CASE WHEN withdrawn_because IS NOT NULL THEN withdrawn_because
                WHEN quarantined_at IS NOT NULL AND released_at IS NULL THEN 'quarantined'
                WHEN effective_from > now() THEN 'future'
                WHEN effective_to <= now() THEN 'expired'
                ELSE 'current' END AS state
    FROM documents
    WHERE store = %(store)s
      AND (%(kind)s::text IS NULL OR kind = %(kind)s)
      AND (%(language)s::text IS NULL OR language = %(language)s)
      AND (%(words)s::text IS NULL OR strpos(lower(title), lower(%(words)s)) > 0
           OR strpos(lower(document_id), lower(%(words)s)) > 0)
      AND (document_id, language, version) > (%(after_id)s, %(after_language)s, %(after_version)s)
) d
WHERE CASE %(state)s WHEN 'standing' THEN d.withdrawn_at IS NULL WHEN 'any' THEN true ELSE d.state = %(state)s END
ORDER BY d.document_id, d.language, d.version
LIMIT %(most)s;

-- name: count_states
-- How many versions are in each state.
SELECT CASE WHEN withdrawn_because IS NOT NULL THEN withdrawn_because
            WHEN quarantined_at IS NOT NULL AND released_at IS NULL THEN 'quarantined'
            WHEN effective_from > now() THEN 'future'
            WHEN effective_to <= now() THEN 'expired'
            ELSE 'current' END AS state, count(*) AS versions
FROM documents WHERE store = %(store)s GROUP BY 1;

-- name: count_open_gaps
-- What waits for someone who writes it. Queries that a newer message answers for have theirs there.
SELECT count(*) AS gaps
FROM knowledge_gaps g
LEFT JOIN queries q ON q.store = g.store AND q.query_id = g.query_id
WHERE g.store = %(store)s AND g.closed_at IS NULL AND q.superseded_by IS NULL;

-- name: live_passages
-- Passages that searches find.
SELECT coalesce(sum(passages), 0)::bigint AS passages FROM vocabularies WHERE store = %(store)s;

-- name: filled
-- Live passages that an embedder has vectors of.
SELECT count(*) AS passages FROM passage_vectors WHERE store = %(store)s AND embedder = %(embedder)s AND live;
