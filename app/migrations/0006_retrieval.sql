-- Knowledge in versions, an inverted index of our own, vectors of more than one embedder, and what was not found.
--
-- Texts loaded before stay; their terms and vectors are made anew by `holdpoint knowledge reindex`, which `up` runs too.

-- Versions. Two axes of time: what is in effect (from the files) and what was recorded (loaded and withdrawn here).
ALTER TABLE passages DROP CONSTRAINT passages_store_document_id_language_fkey;
ALTER TABLE documents DROP CONSTRAINT documents_pkey;
ALTER TABLE documents
    ADD COLUMN version integer NOT NULL DEFAULT 1,
    ADD COLUMN source text,                          -- the watch that loaded it; null: loaded by hand
    ADD COLUMN withdrawn_at timestamptz,             -- from then on it answers nothing
    ADD COLUMN withdrawn_because text CHECK (withdrawn_because IN ('replaced', 'retired')),
    ADD COLUMN suspicions jsonb NOT NULL DEFAULT '[]',  -- text aimed at a model rather than a reader
    ADD COLUMN quarantined_at timestamptz,           -- waits for a person, who releases or retires it
    ADD COLUMN released_by text,
    ADD COLUMN released_at timestamptz;
UPDATE documents SET withdrawn_at = retired_at, withdrawn_because = 'retired' WHERE retired_at IS NOT NULL;
ALTER TABLE documents
    DROP COLUMN retired_at,
    ADD PRIMARY KEY (store, document_id, language, version),
    ADD CHECK ((withdrawn_at IS NULL) = (withdrawn_because IS NULL));
-- An edition is what one file says of a document: at any time at most one version of it stands.
CREATE UNIQUE INDEX documents_editions ON documents
    (store, document_id, language, coalesce(effective_from, '-infinity')) WHERE withdrawn_at IS NULL;

DROP INDEX passages_words;
DROP INDEX passages_of_document;
ALTER TABLE passages
    DROP COLUMN words, DROP COLUMN embedder, DROP COLUMN embedding, DROP COLUMN title_embedding,
    ADD COLUMN version integer NOT NULL DEFAULT 1,
    ADD COLUMN live boolean NOT NULL DEFAULT true,   -- its document is neither withdrawn nor in quarantine
    ADD COLUMN effective_from timestamptz NOT NULL DEFAULT '-infinity',
    ADD COLUMN effective_to timestamptz NOT NULL DEFAULT 'infinity',
    ADD COLUMN analysis text NOT NULL DEFAULT '',    -- version of the analysis that made the terms; '': none yet
    ADD COLUMN terms bigint[] NOT NULL DEFAULT '{}', -- distinct terms as hashes of store, language and term
    ADD COLUMN frequencies smallint[] NOT NULL DEFAULT '{}',  -- how often each occurs, title included
    ADD COLUMN title_terms bigint[] NOT NULL DEFAULT '{}',
    ADD COLUMN length integer NOT NULL DEFAULT 0;    -- terms in all
UPDATE passages p SET live = false
FROM documents d
WHERE d.store = p.store AND d.document_id = p.document_id AND d.language = p.language AND d.withdrawn_at IS NOT NULL;
ALTER TABLE passages ADD FOREIGN KEY (store, document_id, language, version) REFERENCES documents ON DELETE CASCADE;
CREATE INDEX passages_of_document ON passages (store, document_id, language, version);
-- The hash of a term holds its store, so one index serves all stores without reading another one's rows.
CREATE INDEX passages_terms ON passages USING gin (terms) WHERE live;

-- How rare a term is, in each store and language. Only live passages count.
DROP TABLE lexemes;
CREATE TABLE terms (
    store text NOT NULL REFERENCES stores,
    hash bigint NOT NULL,
    language text NOT NULL,
    term text NOT NULL,
    grams bigint[] NOT NULL DEFAULT '{}',            -- hashes of store, language and trigram: finds what was misspelt
    passages integer NOT NULL,                       -- how many of them hold it
    PRIMARY KEY (store, hash)
);
CREATE INDEX terms_grams ON terms USING gin (grams) WHERE passages > 0;
ALTER TABLE vocabularies ADD COLUMN length bigint NOT NULL DEFAULT 0;  -- terms in all its passages
UPDATE vocabularies SET passages = 0;                -- counted anew when the passages are

-- Meaning. A store is served by one embedder while another one is being filled.
CREATE TABLE store_embedders (
    store text NOT NULL REFERENCES stores,
    embedder text NOT NULL,
    dimensions integer NOT NULL,
    started_at timestamptz NOT NULL DEFAULT now(),
    completed_at timestamptz,                        -- null: passages are still being embedded
    indexed_at timestamptz,                          -- null: searched exactly
    PRIMARY KEY (store, embedder)
);
CREATE TABLE passage_vectors (
    store text NOT NULL,
    embedder text NOT NULL,
    passage_id text NOT NULL,
    kind text NOT NULL,
    language text NOT NULL,
    live boolean NOT NULL,
    effective_from timestamptz NOT NULL,
    effective_to timestamptz NOT NULL,
    embedding halfvec NOT NULL,                      -- title and text
    parts bytea NOT NULL,                            -- title, then each sentence (retrieval/vectors.py)
    PRIMARY KEY (store, embedder, passage_id),
    FOREIGN KEY (store, passage_id) REFERENCES passages ON DELETE CASCADE
);
-- Exact search reads every vector of a store: they stay in their row, what only the best need does not.
ALTER TABLE passage_vectors ALTER COLUMN embedding SET STORAGE PLAIN, ALTER COLUMN parts SET STORAGE EXTERNAL;
CREATE INDEX passage_vectors_of_passage ON passage_vectors (store, passage_id);

-- What comes in, from where, and how far it is.
CREATE TABLE knowledge_watches (
    store text NOT NULL REFERENCES stores,
    watch_id text NOT NULL,
    location text NOT NULL,                          -- a folder or the address of a sitemap
    every_minutes integer NOT NULL CHECK (every_minutes >= 1),
    prune boolean NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (store, watch_id)
);
CREATE TABLE knowledge_loads (
    store text NOT NULL REFERENCES stores,
    load_id bigint GENERATED ALWAYS AS IDENTITY,
    watch_id text,                                   -- null: loaded by hand
    location text NOT NULL,
    started_at timestamptz NOT NULL DEFAULT now(),
    seen_at timestamptz NOT NULL DEFAULT now(),      -- long ago and not finished: it was cut short
    finished_at timestamptz,
    documents integer NOT NULL DEFAULT 0,            -- to be loaded
    done integer NOT NULL DEFAULT 0,
    report jsonb,
    error text,
    PRIMARY KEY (store, load_id)
);

-- What customers asked and nothing here answers.
CREATE TABLE knowledge_gaps (
    store text NOT NULL REFERENCES stores,
    query_id text NOT NULL,
    language text NOT NULL,
    intent text NOT NULL,
    score double precision NOT NULL,                 -- of the best passage found, 0 when none was
    passage_id text,
    asked_at timestamptz NOT NULL DEFAULT now(),
    closed_at timestamptz,
    closed_by text,
    PRIMARY KEY (store, query_id)
);
CREATE INDEX knowledge_gaps_open ON knowledge_gaps (store, asked_at DESC) WHERE closed_at IS NULL;

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['terms', 'store_embedders', 'passage_vectors', 'knowledge_watches', 'knowledge_loads',
                                'knowledge_gaps'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY own_store ON %I USING (store = current_setting(''holdpoint.store'', true)) '
                       'WITH CHECK (store = current_setting(''holdpoint.store'', true))', name);
    END LOOP;
END $$;

-- Row-level security keeps operators that are not leakproof, such as &&, from using an index. These functions run as
-- the owner, who is above it, and check the store themselves.
CREATE FUNCTION in_own_store(wanted text) RETURNS void LANGUAGE plpgsql STABLE AS $$
BEGIN
    IF wanted IS DISTINCT FROM current_setting('holdpoint.store', true) THEN
        RAISE EXCEPTION 'this transaction may not read the store %', wanted USING ERRCODE = 'insufficient_privilege';
    END IF;
END $$;

-- Live passages with any of `rare` or all of `together`, at most `most`, without order.
CREATE FUNCTION passages_with_terms(
    in_store text, rare bigint[], together bigint[], of_kinds text[], at timestamptz, most integer
) RETURNS SETOF passages LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM in_own_store(in_store);
    RETURN QUERY
        SELECT p.* FROM passages p
        WHERE (p.terms && rare OR (cardinality(together) > 0 AND p.terms @> together))
          AND p.live AND p.store = in_store AND p.kind = ANY (of_kinds)
          AND p.effective_from <= at AND p.effective_to > at
        LIMIT most;
END $$;

-- Terms of the store that share trigrams with a misspelt one: the most shared first.
CREATE FUNCTION terms_with_grams(in_store text, wanted bigint[], at_least integer, most integer)
RETURNS TABLE (hash bigint, language text, term text, passages integer)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM in_own_store(in_store);
    RETURN QUERY
        SELECT t.hash, t.language, t.term, t.passages
        FROM terms t
        CROSS JOIN LATERAL (SELECT count(*) FROM unnest(t.grams) g WHERE g = ANY (wanted)) s (shared)
        WHERE t.grams && wanted AND t.passages > 0 AND t.store = in_store AND s.shared >= at_least
        ORDER BY s.shared DESC, t.passages DESC
        LIMIT most;
END $$;
REVOKE ALL ON FUNCTION passages_with_terms, terms_with_grams FROM PUBLIC;
