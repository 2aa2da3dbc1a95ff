-- Files that customers send along with a message: what is known of each, its content in pieces, and which query it came with.

CREATE TABLE attachments (
    store text NOT NULL REFERENCES stores,
    attachment_id text NOT NULL,
    name text NOT NULL,                              -- as the customer called it, cleaned
    media_type text NOT NULL CHECK (media_type IN ('image/jpeg', 'image/png', 'image/webp', 'image/gif',
                                                   'application/pdf')),  -- as its content says
    size bigint NOT NULL CHECK (size > 0),
    content_hash text NOT NULL,                      -- SHA-256 in hex, checked whenever it is read
    width integer,
    height integer,
    notes text[] NOT NULL DEFAULT '{}',              -- domain.attachments.Note
    scan jsonb NOT NULL,                             -- domain.attachments.Scan
    conversation_id text,                            -- the first that named it; no other may
    query_id text,
    uploaded_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (store, attachment_id),
    FOREIGN KEY (store, query_id) REFERENCES queries
);
CREATE INDEX attachments_unused ON attachments (store, uploaded_at) WHERE query_id IS NULL;

-- An infected file has none. Pieces of a quarter of a megabyte, so that neither side holds a file in one string.
CREATE TABLE attachment_pieces (
    store text NOT NULL,
    attachment_id text NOT NULL,
    piece integer NOT NULL CHECK (piece >= 0),
    content bytea NOT NULL,
    PRIMARY KEY (store, attachment_id, piece),
    FOREIGN KEY (store, attachment_id) REFERENCES attachments ON DELETE CASCADE
);
ALTER TABLE attachment_pieces ALTER COLUMN content SET STORAGE EXTERNAL;  -- images are compressed already

CREATE TABLE query_attachments (
    store text NOT NULL,
    query_id text NOT NULL,
    place smallint NOT NULL CHECK (place >= 0),
    attachment_id text NOT NULL,
    PRIMARY KEY (store, query_id, place),
    UNIQUE (store, query_id, attachment_id),
    FOREIGN KEY (store, query_id) REFERENCES queries,
    FOREIGN KEY (store, attachment_id) REFERENCES attachments
);

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['attachments', 'attachment_pieces', 'query_attachments'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY own_store ON %I USING (store = current_setting(''holdpoint.store'', true)) '
                       'WITH CHECK (store = current_setting(''holdpoint.store'', true))', name);
    END LOOP;
END $$;
