-- name: take_turn
-- One process at a time makes a store's knowledge anew, as long as its transaction lasts. That holds no snapshot, so it
-- keeps nothing from being tidied.
SELECT set_config('idle_in_transaction_session_timeout', '0', true),
       pg_try_advisory_xact_lock(hashtextextended('reindexing/' || %(store)s, 0)) AS taken;

-- name: missing
-- What is still to be made anew for an embedder: terms of an older analysis, vectors of what stands and of what stood.
SELECT count(*) FILTER (WHERE p.analysis <> %(analysis)s) AS terms,
       count(*) FILTER (WHERE v.passage_id IS NULL AND d.withdrawn_at IS NULL) AS standing,
       count(*) FILTER (WHERE v.passage_id IS NULL AND d.withdrawn_at IS NOT NULL) AS withdrawn
FROM passages p
JOIN documents d USING (store, document_id, language, version)
LEFT JOIN passage_vectors v ON v.store = p.store AND v.embedder = %(embedder)s AND v.passage_id = p.passage_id
WHERE p.store = %(store)s;

-- name: left_vectors
-- Vectors of embedders that no longer serve the store.
SELECT count(*) AS vectors FROM passage_vectors v
WHERE v.store = %(store)s AND v.embedder <> %(embedder)s
  AND NOT EXISTS (SELECT 1 FROM store_embedders e WHERE e.store = v.store AND e.embedder = v.embedder);

-- name: stale_passages
-- A page of passages whose terms an older analysis made.
SELECT passage_id, document_id, language, kind, title, text, url, content_hash
FROM passages
WHERE store = %(store)s AND analysis <> %(analysis)s AND passage_id > %(after)s
ORDER BY passage_id LIMIT %(most)s;

-- name: uncount_passages
-- Takes the old terms of live passages out of the counts, before they get new ones.
WITH stale AS (
    SELECT language, terms, length FROM passages
    WHERE store = %(store)s AND passage_id = ANY (%(passage_ids)s) AND live AND analysis NOT IN ('', %(analysis)s)
), counted AS (
    UPDATE vocabularies v SET passages = v.passages - s.passages, length = v.length - s.length
    FROM (SELECT language, count(*) AS passages, sum(length) AS length FROM stale GROUP BY language) s
    WHERE v.store = %(store)s AND v.language = s.language
)
UPDATE terms t SET passages = t.passages - s.passages
FROM (SELECT hash, count(*) AS passages FROM stale CROSS JOIN LATERAL unnest(terms) AS hash GROUP BY hash) s
WHERE t.store = %(store)s AND t.hash = s.hash;

-- name: put_terms
-- New terms of passages; says which of them count. Lists come as array literals.
UPDATE passages p
SET analysis = %(analysis)s, terms = n.terms::bigint[], frequencies = n.frequencies::smallint[],
    title_terms = n.title_terms::bigint[], length = n.length, pieces = n.pieces
FROM unnest(%(passage_ids)s::text[], %(terms)s::text[], %(frequencies)s::text[], %(title_terms)s::text[],
            %(lengths)s::integer[], %(pieces)s::bytea[])
    AS n (passage_id, terms, frequencies, title_terms, length, pieces)
WHERE p.store = %(store)s AND p.passage_id = n.passage_id AND p.analysis <> %(analysis)s
RETURNING p.passage_id, p.live;

-- name: unembedded_passages
-- A page of passages that an embedder has not seen: of versions that stand, or of those that are withdrawn.
SELECT p.passage_id, p.document_id, p.language, p.kind, p.title, p.text, p.url, p.content_hash
FROM passages p
JOIN documents d USING (store, document_id, language, version)
WHERE p.store = %(store)s AND p.passage_id > %(after)s AND (d.withdrawn_at IS NULL) = %(standing)s
  AND NOT EXISTS (
    SELECT 1 FROM passage_vectors v
    WHERE v.store = p.store AND v.embedder = %(embedder)s AND v.passage_id = p.passage_id)
ORDER BY p.passage_id LIMIT %(most)s;

-- name: complete_embedder
-- From now on the store is searched with this embedder, provided that no live passage lacks its vector.
UPDATE store_embedders SET completed_at = coalesce(completed_at, now())
WHERE store = %(store)s AND embedder = %(embedder)s AND NOT EXISTS (
    SELECT 1 FROM passages p
    WHERE p.store = %(store)s AND p.live AND NOT EXISTS (
        SELECT 1 FROM passage_vectors v
        WHERE v.store = p.store AND v.embedder = %(embedder)s AND v.passage_id = p.passage_id))
RETURNING embedder;

-- name: set_aside_embedders
-- The others are kept, but get no new passages from now on.
UPDATE store_embedders SET completed_at = NULL WHERE store = %(store)s AND embedder <> %(embedder)s;

-- name: forget_embedders
-- The others are given up; their vectors go afterwards.
DELETE FROM store_embedders WHERE store = %(store)s AND embedder <> %(embedder)s;

-- name: remove_vectors
-- Some vectors of embedders that were given up; how many.
WITH gone AS (
    DELETE FROM passage_vectors
    WHERE store = %(store)s AND (embedder, passage_id) IN (
        SELECT v.embedder, v.passage_id FROM passage_vectors v
        WHERE v.store = %(store)s AND v.embedder <> %(embedder)s
          AND NOT EXISTS (SELECT 1 FROM store_embedders e WHERE e.store = v.store AND e.embedder = v.embedder)
        LIMIT %(most)s)
    RETURNING 1
)
SELECT count(*) AS removed FROM gone;
