-- name: find_candidates
-- Passages that may answer, with what ranking weighs. Exact: every passage of the store in force is compared.
--
-- Two legs, each within the preferred kinds and once more outside them, so that one round trip is enough: the nearest
-- by meaning (of the whole passage and of its title), and those that share the rarest words. Words are stemmed in
-- the language of the passage, whatever that of the question. Documents found in another language bring their best
-- passage in the customer's language with them.
WITH configurations (language, configuration) AS (
    VALUES ('en', 'english'::regconfig), ('es', 'spanish'), ('fr', 'french'), ('de', 'german'), ('pt', 'portuguese')
), asked AS MATERIALIZED (
    SELECT c.language, quote_literal(w.lexeme)::tsquery AS query, (quote_literal(w.lexeme) || ':A')::tsquery AS in_title,
           ln(1 + (v.passages - least(coalesce(l.passages, 0), v.passages) + 0.5) / (coalesce(l.passages, 0) + 0.5))
               AS rarity
    FROM configurations c
    JOIN vocabularies v ON v.store = %(store)s AND v.language = c.language
    CROSS JOIN LATERAL unnest(to_tsvector(c.configuration, %(words)s)) w
    LEFT JOIN lexemes l ON l.store = %(store)s AND l.language = c.language AND l.lexeme = w.lexeme
), totals AS (
    SELECT language, sum(rarity) AS rarity FROM asked GROUP BY language
), scope AS MATERIALIZED (
    SELECT p.passage_id, p.document_id, p.language, p.kind, p.title, p.url, p.content_hash, p.words,
           p.kind = ANY (%(kinds)s) AS preferred,
           1 - (p.embedding <=> %(embedding)s::vector) AS closeness,
           1 - (p.title_embedding <=> %(embedding)s::vector) AS title_closeness
    FROM passages p
    JOIN documents d USING (store, document_id, language)
    WHERE p.store = %(store)s AND p.embedder = %(embedder)s AND d.retired_at IS NULL
      AND (d.effective_from IS NULL OR d.effective_from <= %(at)s)
      AND (d.effective_to IS NULL OR d.effective_to > %(at)s)
      AND (%(fallback)s OR p.kind = ANY (%(kinds)s))
), shared AS MATERIALIZED (
    SELECT s.passage_id, sum(a.rarity) AS rarity,
           coalesce(sum(a.rarity) FILTER (WHERE s.words @@ a.in_title), 0) AS title_rarity
    FROM scope s JOIN asked a ON a.language = s.language AND s.words @@ a.query
    GROUP BY s.passage_id
), scored AS MATERIALIZED (
    SELECT s.passage_id, s.document_id, s.language, s.kind, s.title, s.url, s.content_hash, s.preferred, s.closeness,
           s.title_closeness, coalesce(h.rarity / t.rarity, 0) AS coverage,
           coalesce(h.title_rarity / t.rarity, 0) AS title_coverage, coalesce(h.title_rarity, 0) AS title_rarity
    FROM scope s
    LEFT JOIN shared h USING (passage_id)
    LEFT JOIN totals t ON t.language = s.language AND t.rarity > 0
), placed AS (
    SELECT s.*,
           row_number() OVER (PARTITION BY preferred ORDER BY closeness + title_closeness DESC, passage_id)
               AS by_meaning,
           row_number() OVER (PARTITION BY preferred ORDER BY coverage DESC, closeness DESC, passage_id) AS by_words
    FROM scored s
), found AS MATERIALIZED (
    SELECT * FROM placed
    WHERE by_meaning <= %(semantic_k)s OR (by_words <= %(keyword_k)s AND coverage > 0)
), translated AS (
    SELECT DISTINCT ON (document_id) *
    FROM placed
    WHERE language = %(language)s AND document_id IN (SELECT document_id FROM found WHERE language <> %(language)s)
    ORDER BY document_id, closeness + title_closeness DESC, passage_id
)
SELECT passage_id, document_id, language, kind, title, url, content_hash, preferred, closeness, title_closeness,
       coverage::double precision AS coverage, title_coverage::double precision AS title_coverage,
       title_rarity::double precision AS title_rarity
FROM found
UNION
SELECT passage_id, document_id, language, kind, title, url, content_hash, preferred, closeness, title_closeness,
       coverage::double precision, title_coverage::double precision, title_rarity::double precision
FROM translated;

-- name: read_passages
-- Passages by id, retired ones included: a reply may cite them.
SELECT passage_id, document_id, kind, language, title, text, content_hash, url
FROM passages WHERE store = %(store)s AND passage_id = ANY (%(passage_ids)s);
