-- What ranking needs beside the text: a passage's title by meaning, and how rare each word is in a store.

ALTER TABLE passages ADD COLUMN title_embedding vector(512) NOT NULL;

-- A vector of 512 numbers is just above the size at which PostgreSQL moves a value out of its row. Exact search reads
-- every vector of a store, so they stay where they are.
ALTER TABLE passages ALTER COLUMN embedding SET STORAGE PLAIN;
ALTER TABLE passages ALTER COLUMN title_embedding SET STORAGE PLAIN;

CREATE TABLE vocabularies (
    store text NOT NULL REFERENCES stores,
    language text NOT NULL,
    passages integer NOT NULL,                 -- how many the store has in this language
    PRIMARY KEY (store, language)
);

CREATE TABLE lexemes (
    store text NOT NULL REFERENCES stores,
    language text NOT NULL,
    lexeme text NOT NULL,
    passages integer NOT NULL,                 -- how many of them hold the lexeme
    PRIMARY KEY (store, language, lexeme)
);

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['vocabularies', 'lexemes'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY own_store ON %I USING (store = current_setting(''holdpoint.store'', true)) '
                       'WITH CHECK (store = current_setting(''holdpoint.store'', true))', name);
    END LOOP;
END $$;
