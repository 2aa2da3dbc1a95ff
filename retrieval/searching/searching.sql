-- name: serving_embedder
-- The embedder that the store is searched with: the chosen one once it has all passages, until then the one before.
SELECT embedder, dimensions, completed_at IS NOT NULL AS complete
FROM store_embedders WHERE store = %(store)s
ORDER BY completed_at IS NULL, embedder <> %(chosen)s, completed_at DESC, started_at
LIMIT 1;

-- name: vocabularies
-- How many live passages the store has in each language, and how long they are.
SELECT language, passages, length FROM vocabularies WHERE store = %(store)s AND passages > 0;

-- name: term_frequencies
-- In how many live passages each term occurs.
SELECT hash, passages FROM terms WHERE store = %(store)s AND hash = ANY (%(hashes)s::bigint[]) AND passages > 0;

-- name: similar_terms
-- Terms that share trigrams with a misspelt one.
SELECT hash, language, term, passages FROM terms_with_grams(%(store)s, %(grams)s::bigint[], %(at_least)s, 50);

-- name: widen_index_search
-- For the index of a large store: how far it is searched, and that it goes on where a filter takes too much away.
SELECT set_config('hnsw.ef_search', %(ef_search)s, true), set_config('hnsw.iterative_scan', 'relaxed_order', true);

-- name: nearest
-- By meaning. A store without an index of its own is searched exactly.
SELECT passage_id
FROM passage_vectors
WHERE store = %(store)s AND embedder = %(embedder)s AND live AND kind = ANY (%(kinds)s)
  AND effective_from <= %(at)s AND effective_to > %(at)s
ORDER BY (embedding::halfvec({dimensions})) <=> %(vector)s::halfvec({dimensions})
LIMIT %(pool)s;

-- name: nearest_as_of
-- By meaning, among the versions that stood at a moment of the past. Always exact.
SELECT v.passage_id
FROM passage_vectors v
JOIN passages p ON p.store = v.store AND p.passage_id = v.passage_id
JOIN documents d ON d.store = p.store AND d.document_id = p.document_id AND d.language = p.language
                AND d.version = p.version
WHERE v.store = %(store)s AND v.embedder = %(embedder)s AND v.kind = ANY (%(kinds)s)
  AND v.effective_from <= %(at)s AND v.effective_to > %(at)s
  AND d.loaded_at <= %(as_of)s AND (d.withdrawn_at IS NULL OR d.withdrawn_at > %(as_of)s)
  AND (d.quarantined_at IS NULL OR d.released_at <= %(as_of)s)
ORDER BY (v.embedding::halfvec({dimensions})) <=> %(vector)s::halfvec({dimensions})
LIMIT %(pool)s;

-- name: by_terms
-- By words, BM25.
SELECT passage_id FROM passages_by_terms(
    %(store)s, %(rare)s::bigint[], %(together)s::bigint[], %(kinds)s, %(at)s, %(budget)s, %(pool)s,
    %(asked)s::bigint[], %(asked_in)s::text[], %(weights)s::float8[], %(lengths)s::float8[], %(k1)s, %(b)s);

-- name: siblings
-- The passages, in the customer's language, of documents that were found in another one.
SELECT passage_id FROM passages
WHERE store = %(store)s AND document_id = ANY (%(document_ids)s) AND language = %(language)s AND live
  AND kind = ANY (%(kinds)s) AND effective_from <= %(at)s AND effective_to > %(at)s
ORDER BY document_id, position LIMIT %(pool)s;

-- name: details
-- All that ranking weighs, of a few passages. OFFSET 0 fixes the order of the joins: in a store that was just loaded,
-- before the first ANALYZE, the planner would join every vector with every document first (seconds instead of 1 ms).
SELECT p.passage_id, p.document_id, p.language, p.kind, p.title, p.url, p.content_hash, p.length, p.pieces, v.parts,
       (1 - ((v.embedding::halfvec({dimensions})) <=> %(vector)s::halfvec({dimensions})))::float8 AS closeness,
       ARRAY(SELECT coalesce(p.frequencies[array_position(p.terms, h)], 0) FROM unnest(%(asked)s::bigint[]) h)
           AS frequencies,
       ARRAY(SELECT h = ANY (p.title_terms) FROM unnest(%(asked)s::bigint[]) h) AS in_title,
       coalesce(d.effective_from, d.loaded_at) AS since
FROM (SELECT * FROM passages WHERE store = %(store)s AND passage_id = ANY (%(passage_ids)s) OFFSET 0) p
CROSS JOIN LATERAL (
    SELECT parts, embedding FROM passage_vectors
    WHERE store = %(store)s AND embedder = %(embedder)s AND passage_id = p.passage_id OFFSET 0
) v
CROSS JOIN LATERAL (
    SELECT effective_from, loaded_at FROM documents
    WHERE store = %(store)s AND document_id = p.document_id AND language = p.language AND version = p.version OFFSET 0
) d;

-- name: read_passages
-- Passages by id, withdrawn ones included: a reply may cite them.
SELECT p.passage_id, p.document_id, p.kind, p.language, p.title, p.text, p.content_hash, p.url,
       coalesce(d.attributes, '{}') AS attributes
FROM passages p
LEFT JOIN documents d ON d.store = p.store AND d.document_id = p.document_id AND d.language = p.language
                     AND d.version = p.version
WHERE p.store = %(store)s AND p.passage_id = ANY (%(passage_ids)s);

-- name: read_around
-- The passages before and after these in the same versions of their documents.
SELECT p.passage_id, p.document_id, p.kind, p.language, p.title, p.text, p.content_hash, p.url,
       coalesce(d.attributes, '{}') AS attributes
FROM passages p
LEFT JOIN documents d ON d.store = p.store AND d.document_id = p.document_id AND d.language = p.language
                     AND d.version = p.version
WHERE p.store = %(store)s AND p.passage_id <> ALL (%(passage_ids)s)
  AND EXISTS (
    SELECT 1 FROM passages f
    WHERE f.store = %(store)s AND f.passage_id = ANY (%(passage_ids)s)
      AND (f.document_id, f.language, f.version) = (p.document_id, p.language, p.version)
      AND abs(f.position - p.position) <= %(reach)s
  )
ORDER BY p.document_id, p.language, p.version, p.position;
