-- name: lock_store
-- Whoever changes what a store knows takes this first, so that counts stay exact and nobody waits in a circle.
SELECT pg_advisory_xact_lock(hashtextextended('knowledge/' || %(store)s, 0));

-- name: standing_editions
-- What the store says now of some documents, to embed only what changed. One look-up a document, whatever the planner
-- knows of a table that is just being filled; the same below.
SELECT d.document_id, d.language, d.effective_from, d.version, d.content_hash, d.source, d.stands
FROM unnest(%(document_ids)s::text[]) AS wanted (document_id)
CROSS JOIN LATERAL (
    SELECT document_id, language, effective_from, version, content_hash, source, withdrawn_at IS NULL AS stands
    FROM documents WHERE store = %(store)s AND document_id = wanted.document_id OFFSET 0
) d;

-- name: versions_of
-- Every version of some documents, withdrawn ones included.
SELECT d.document_id, d.language, d.version, d.effective_from, d.effective_to, d.content_hash, d.stands, d.released
FROM unnest(%(document_ids)s::text[]) AS wanted (document_id)
CROSS JOIN LATERAL (
    SELECT document_id, language, version, effective_from, effective_to, content_hash, withdrawn_at IS NULL AS stands,
           released_at IS NOT NULL AS released
    FROM documents WHERE store = %(store)s AND document_id = wanted.document_id OFFSET 0
) d;

-- name: put_document
-- A version of an edition, as it is loaded now.
INSERT INTO documents (store, document_id, language, version, kind, title, url, content_hash, attributes,
                       effective_from, effective_to, source, suspicions, quarantined_at)
VALUES (%(store)s, %(document_id)s, %(language)s, %(version)s, %(kind)s, %(title)s, %(url)s, %(content_hash)s,
        %(attributes)s, %(effective_from)s, %(effective_to)s, %(source)s, %(suspicions)s,
        CASE WHEN %(quarantined)s THEN now() END);

-- name: put_passage
-- One passage with its terms.
INSERT INTO passages (store, passage_id, document_id, language, version, kind, position, title, text, url, content_hash,
                      live, effective_from, effective_to, analysis, terms, frequencies, title_terms, length, pieces)
VALUES (%(store)s, %(passage_id)s, %(document_id)s, %(language)s, %(version)s, %(kind)s, %(position)s, %(title)s,
        %(text)s, %(url)s, %(content_hash)s, %(live)s, coalesce(%(effective_from)s, '-infinity'::timestamptz),
        coalesce(%(effective_to)s, 'infinity'::timestamptz), %(analysis)s, %(terms)s::bigint[],
        %(frequencies)s::smallint[], %(title_terms)s::bigint[], %(length)s, %(pieces)s);

-- name: put_vectors
-- What an embedder makes of some passages; the rest is taken from the passages. Nothing of one that was given up.
INSERT INTO passage_vectors (store, embedder, passage_id, kind, language, live, effective_from, effective_to, embedding,
                             parts)
SELECT p.store, %(embedder)s, p.passage_id, p.kind, p.language, p.live, p.effective_from, p.effective_to,
       n.embedding::halfvec, n.parts
FROM unnest(%(passage_ids)s::text[], string_to_array(%(embeddings)s, ' '), %(parts)s::bytea[])
    AS n (passage_id, embedding, parts)
JOIN passages p ON p.store = %(store)s AND p.passage_id = n.passage_id
WHERE EXISTS (SELECT 1 FROM store_embedders WHERE store = %(store)s AND embedder = %(embedder)s)
ON CONFLICT (store, embedder, passage_id) DO UPDATE SET embedding = excluded.embedding, parts = excluded.parts;

-- name: known_vectors
-- Vectors of passages that some documents had before, by what they said.
SELECT DISTINCT ON (p.content_hash) p.content_hash, v.embedding::text AS embedding, v.parts
FROM unnest(%(document_ids)s::text[]) AS wanted (document_id)
CROSS JOIN LATERAL (
    SELECT passage_id, content_hash, version FROM passages
    WHERE store = %(store)s AND document_id = wanted.document_id AND content_hash = ANY (%(content_hashes)s) OFFSET 0
) p
JOIN passage_vectors v ON v.store = %(store)s AND v.embedder = %(embedder)s AND v.passage_id = p.passage_id
ORDER BY p.content_hash, p.version DESC;

-- name: withdraw_documents
-- Versions that no longer answer. Their passages stay, since replies cite them.
UPDATE documents d SET withdrawn_at = now(), withdrawn_because = %(because)s
FROM unnest(%(document_ids)s::text[], %(languages)s::text[], %(versions)s::integer[])
    AS gone (document_id, language, version)
WHERE d.store = %(store)s AND d.document_id = gone.document_id AND d.language = gone.language
  AND d.version = gone.version AND d.withdrawn_at IS NULL;

-- name: still_passages
-- Passages of some versions are no longer found, nor counted.
WITH still AS (
    UPDATE passages p SET live = false
    FROM unnest(%(document_ids)s::text[], %(languages)s::text[], %(versions)s::integer[])
        AS gone (document_id, language, version)
    WHERE p.store = %(store)s AND p.document_id = gone.document_id AND p.language = gone.language
      AND p.version = gone.version AND p.live
    RETURNING p.passage_id, p.language, p.terms, p.length, p.analysis
), vectors AS (
    UPDATE passage_vectors v SET live = false FROM still
    WHERE v.store = %(store)s AND v.passage_id = still.passage_id
), counted AS (
    UPDATE vocabularies v SET passages = v.passages - s.passages, length = v.length - s.length
    FROM (
        SELECT language, count(*) AS passages, sum(length) AS length FROM still WHERE analysis <> '' GROUP BY language
    ) s
    WHERE v.store = %(store)s AND v.language = s.language
)
UPDATE terms t SET passages = t.passages - s.passages
FROM (SELECT hash, count(*) AS passages FROM still CROSS JOIN LATERAL unnest(terms) AS hash GROUP BY hash) s
WHERE t.store = %(store)s AND t.hash = s.hash;

-- name: known_terms
-- Which terms the store has met.
SELECT hash FROM terms WHERE store = %(store)s AND hash = ANY (%(hashes)s);

-- name: count_terms
-- Adds to how many passages hold each term; one that is new is written down. Grams come as array literals.
INSERT INTO terms (store, hash, language, term, grams, passages)
SELECT %(store)s, t.hash, t.language, t.term, t.grams::bigint[], t.passages
FROM unnest(%(hashes)s::bigint[], %(languages)s::text[], %(terms)s::text[], %(grams)s::text[], %(passages)s::integer[])
    AS t (hash, language, term, grams, passages)
ON CONFLICT (store, hash) DO UPDATE SET passages = terms.passages + excluded.passages;

-- name: count_vocabulary
-- Adds to how many passages a language has, and how many terms they hold in all.
INSERT INTO vocabularies (store, language, passages, length)
VALUES (%(store)s, %(language)s, %(passages)s, %(length)s)
ON CONFLICT (store, language) DO UPDATE
SET passages = vocabularies.passages + excluded.passages, length = vocabularies.length + excluded.length;

-- name: adopt_documents
-- Unchanged documents that are now loaded from elsewhere.
UPDATE documents d SET source = %(source)s
FROM unnest(%(document_ids)s::text[], %(languages)s::text[], %(versions)s::integer[])
    AS met (document_id, language, version)
WHERE d.store = %(store)s AND d.document_id = met.document_id AND d.language = met.language
  AND d.version = met.version;

-- name: standing_of_source
-- A page of the editions that one source loaded, to find those that it no longer has.
SELECT document_id, language, version, effective_from
FROM documents
WHERE store = %(store)s AND source IS NOT DISTINCT FROM %(source)s AND withdrawn_at IS NULL
  AND (document_id, language, version) > (%(document_id)s, %(language)s, %(version)s)
ORDER BY document_id, language, version
LIMIT %(most)s;

-- name: meet_embedder
-- An embedder that a load uses. It has every passage when there is none yet.
INSERT INTO store_embedders (store, embedder, dimensions, completed_at)
VALUES (%(store)s, %(embedder)s, %(dimensions)s,
        CASE WHEN NOT EXISTS (SELECT 1 FROM passages WHERE store = %(store)s AND live) THEN now() END)
ON CONFLICT (store, embedder) DO NOTHING;

-- name: embedders_of
-- The embedders that the store's passages were given to.
SELECT embedder, dimensions, started_at, completed_at, indexed_at
FROM store_embedders WHERE store = %(store)s ORDER BY started_at;

-- name: live_passages
-- How many passages are found, in all languages.
SELECT coalesce(sum(passages), 0) AS passages FROM vocabularies WHERE store = %(store)s;
