-- name: list_documents
-- A page of documents, the newest version of each edition that stands, or whatever state is asked for.
SELECT d.document_id, d.language, d.version, d.kind, d.title, d.url, d.source, d.effective_from, d.effective_to,
       d.loaded_at, d.withdrawn_at, d.withdrawn_because, d.quarantined_at, d.released_at, d.released_by, d.suspicions,
       (SELECT count(*) FROM passages p
        WHERE p.store = d.store AND p.document_id = d.document_id AND p.language = d.language
          AND p.version = d.version) AS passages
FROM documents d
WHERE d.store = %(store)s
  AND (%(kind)s::text IS NULL OR d.kind = %(kind)s)
  AND (%(language)s::text IS NULL OR d.language = %(language)s)
  AND (%(document_id)s::text IS NULL OR d.document_id = %(document_id)s)
  AND CASE %(state)s
        WHEN 'standing' THEN d.withdrawn_at IS NULL
        WHEN 'quarantined' THEN d.withdrawn_at IS NULL AND d.quarantined_at IS NOT NULL AND d.released_at IS NULL
        WHEN 'withdrawn' THEN d.withdrawn_at IS NOT NULL
        ELSE true END
  AND (d.document_id, d.language, d.version) > (%(after_id)s, %(after_language)s, %(after_version)s)
ORDER BY d.document_id, d.language, d.version
LIMIT %(most)s;

-- name: passages_of_version
-- What a version says, in reading order.
SELECT passage_id, document_id, kind, language, title, text, content_hash, url
FROM passages
WHERE store = %(store)s AND document_id = %(document_id)s AND language = %(language)s AND version = %(version)s
ORDER BY position;

-- name: standing_versions
-- The versions of a document that stand, in one language or all.
SELECT document_id, language, version FROM documents
WHERE store = %(store)s AND document_id = %(document_id)s AND withdrawn_at IS NULL
  AND (%(language)s::text IS NULL OR language = %(language)s)
  AND (%(version)s::integer IS NULL OR version = %(version)s)
ORDER BY language, version;

-- name: release_document
-- A person has read it and found nothing wrong.
UPDATE documents SET released_at = now(), released_by = %(agent)s
WHERE store = %(store)s AND document_id = %(document_id)s AND language = %(language)s AND version = %(version)s
  AND quarantined_at IS NOT NULL AND released_at IS NULL AND withdrawn_at IS NULL
RETURNING version;

-- name: enliven_passages
-- Passages of a version are found from now on, and counted. Their terms are written down already.
WITH woken AS (
    UPDATE passages p SET live = true
    WHERE p.store = %(store)s AND p.document_id = %(document_id)s AND p.language = %(language)s
      AND p.version = %(version)s AND NOT p.live
    RETURNING p.passage_id, p.language, p.terms, p.length, p.analysis
), vectors AS (
    UPDATE passage_vectors v SET live = true FROM woken
    WHERE v.store = %(store)s AND v.passage_id = woken.passage_id
), counted AS (
    INSERT INTO vocabularies (store, language, passages, length)
    SELECT %(store)s, language, count(*), sum(length) FROM woken WHERE analysis <> '' GROUP BY language
    ON CONFLICT (store, language) DO UPDATE
    SET passages = vocabularies.passages + excluded.passages, length = vocabularies.length + excluded.length
)
UPDATE terms t SET passages = t.passages + w.passages
FROM (SELECT hash, count(*) AS passages FROM woken CROSS JOIN LATERAL unnest(terms) AS hash GROUP BY hash) w
WHERE t.store = %(store)s AND t.hash = w.hash;
