-- What is watched on a schedule: how the pages of a site are sorted, and what was read of each of them.

ALTER TABLE knowledge_watches ADD COLUMN kinds jsonb NOT NULL DEFAULT '[]';  -- patterns of paths with their kinds

CREATE TABLE watched_pages (
    store text NOT NULL,
    watch_id text NOT NULL,
    url text NOT NULL,
    etag text,
    last_modified text,                              -- as the server said it, to be sent back to it
    reader integer NOT NULL,                         -- version of what read it
    fields jsonb NOT NULL,                           -- the document that it made
    checked_at timestamptz NOT NULL,                 -- when the server last said what the page is, or that it has not changed
    PRIMARY KEY (store, watch_id, url),
    FOREIGN KEY (store, watch_id) REFERENCES knowledge_watches ON DELETE CASCADE
);
ALTER TABLE watched_pages ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_store ON watched_pages USING (store = current_setting('holdpoint.store', true))
    WITH CHECK (store = current_setting('holdpoint.store', true));
CREATE INDEX documents_of_source ON documents (store, source) WHERE source IS NOT NULL AND withdrawn_at IS NULL;
CREATE INDEX knowledge_loads_of_watch ON knowledge_loads (store, watch_id, load_id DESC) WHERE watch_id IS NOT NULL;
