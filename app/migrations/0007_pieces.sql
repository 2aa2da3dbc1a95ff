-- The distinct word pieces of a passage, little-endian 32-bit numbers (retrieval/alignment.py).
ALTER TABLE passages ADD COLUMN pieces bytea NOT NULL DEFAULT '';

-- BM25 where the postings are: only the best leave the function, which runs as the owner as those of 0006 do.
-- Candidates have one of `rare`, or all of `together`; at most `most` of them are scored.
DROP FUNCTION passages_with_terms;
CREATE FUNCTION passages_by_terms(
    in_store text, rare bigint[], together bigint[], of_kinds text[], at timestamptz, most integer, best integer,
    asked bigint[], asked_in text[], weights double precision[], lengths double precision[], k1 double precision,
    b double precision
) RETURNS TABLE (passage_id text, score double precision)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM in_own_store(in_store);
    RETURN QUERY
        WITH found AS MATERIALIZED (
            SELECT p.passage_id, p.language, p.terms, p.frequencies, p.length
            FROM passages p
            WHERE (p.terms && rare OR (cardinality(together) > 0 AND p.terms @> together))
              AND p.live AND p.store = in_store AND p.kind = ANY (of_kinds)
              AND p.effective_from <= at AND p.effective_to > at
            LIMIT most
        )
        SELECT f.passage_id, sum(a.weight * t.n * (k1 + 1) / (t.n + k1 * (1 - b + b * f.length / a.average))) AS total
        FROM found f
        JOIN unnest(asked, asked_in, weights, lengths) a (hash, language, weight, average) ON a.language = f.language
        CROSS JOIN LATERAL (SELECT f.frequencies[array_position(f.terms, a.hash)]) t (n)
        WHERE t.n IS NOT NULL
        GROUP BY f.passage_id
        ORDER BY total DESC, f.passage_id
        LIMIT best;
END $$;
REVOKE ALL ON FUNCTION passages_by_terms FROM PUBLIC;
