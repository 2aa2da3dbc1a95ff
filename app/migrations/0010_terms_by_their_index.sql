-- The search by words always goes through its indexes. The plan for any question, which PostgreSQL makes after a few,
-- read every passage of the store instead: 4 s among 80,000, where this takes 5 ms. The store is looked at last for the
-- same reason; the hash of a term holds it anyway.
CREATE OR REPLACE FUNCTION passages_by_terms(
    in_store text, rare bigint[], together bigint[], of_kinds text[], at timestamptz, most integer, best integer,
    asked bigint[], asked_in text[], weights double precision[], lengths double precision[], k1 double precision,
    b double precision
) RETURNS TABLE (passage_id text, score double precision)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp
SET plan_cache_mode = force_custom_plan SET enable_seqscan = off AS $$
BEGIN
    PERFORM in_own_store(in_store);
    RETURN QUERY
        WITH found AS MATERIALIZED (
            SELECT p.passage_id, p.language, p.terms, p.frequencies, p.length
            FROM (
                SELECT q.* FROM passages q
                WHERE (q.terms && rare OR (cardinality(together) > 0 AND q.terms @> together)) AND q.live OFFSET 0
            ) p
            WHERE p.store = in_store AND p.kind = ANY (of_kinds) AND p.effective_from <= at AND p.effective_to > at
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

CREATE OR REPLACE FUNCTION terms_with_grams(in_store text, wanted bigint[], at_least integer, most integer)
RETURNS TABLE (hash bigint, language text, term text, passages integer)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp
SET plan_cache_mode = force_custom_plan SET enable_seqscan = off AS $$
BEGIN
    PERFORM in_own_store(in_store);
    RETURN QUERY
        SELECT t.hash, t.language, t.term, t.passages
        FROM (SELECT q.* FROM terms q WHERE q.grams && wanted OFFSET 0) t
        CROSS JOIN LATERAL (SELECT count(*) FROM unnest(t.grams) g WHERE g = ANY (wanted)) s (shared)
        WHERE t.passages > 0 AND t.store = in_store AND s.shared >= at_least
        ORDER BY s.shared DESC, t.passages DESC
        LIMIT most;
END $$;
