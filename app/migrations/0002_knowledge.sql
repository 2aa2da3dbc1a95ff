-- What the stores know. Passages are searched by words (tsvector, one configuration a language) and by meaning (pgvector).

CREATE TABLE documents (
    store text NOT NULL REFERENCES stores,
    document_id text NOT NULL,
    language text NOT NULL CHECK (language IN ('en', 'es', 'fr', 'de', 'pt')),
    kind text NOT NULL CHECK (kind IN ('product', 'policy', 'faq')),
    title text NOT NULL,
    url text,
    content_hash text NOT NULL,
    attributes jsonb NOT NULL DEFAULT '{}',
    effective_from timestamptz,
    effective_to timestamptz,
    retired_at timestamptz,
    loaded_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (store, document_id, language)
);

CREATE TABLE passages (
    store text NOT NULL,
    passage_id text NOT NULL,
    document_id text NOT NULL,
    language text NOT NULL,
    kind text NOT NULL,
    position smallint NOT NULL,
    title text NOT NULL,
    text text NOT NULL,
    url text,
    content_hash text NOT NULL,
    words tsvector NOT NULL,
    embedder text NOT NULL,
    embedding vector(512) NOT NULL,
    PRIMARY KEY (store, passage_id),
    FOREIGN KEY (store, document_id, language) REFERENCES documents ON DELETE CASCADE
);
CREATE INDEX passages_words ON passages USING gin (words);
CREATE INDEX passages_of_document ON passages (store, document_id, language);
