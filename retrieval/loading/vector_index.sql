-- name: take_turn
-- Only one process at a time builds an index; it holds this as long as its connection lasts.
SELECT pg_try_advisory_lock(%(key)s);

-- name: count_live
-- How many passages the index would hold.
SELECT count(*) FROM passage_vectors WHERE store = %(store)s AND embedder = %(embedder)s AND live;

-- name: is_valid
-- Whether the index stands; false is what an interrupted build leaves behind.
SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass(%(name)s);

-- name: size_of
-- Bytes on disk.
SELECT pg_relation_size(to_regclass(%(name)s));

-- name: create_index
-- One store's vectors of one embedder. Names and values are put in by psycopg.sql.
CREATE INDEX CONCURRENTLY {name} ON passage_vectors
USING hnsw ((embedding::halfvec({dimensions})) halfvec_cosine_ops) WITH (m = {m}, ef_construction = {ef_construction})
WHERE store = {store} AND embedder = {embedder} AND live;

-- name: how_far
-- What the process that builds does at present.
SELECT phase, coalesce(blocks_done::float8 / nullif(blocks_total, 0), 0)
FROM pg_stat_progress_create_index WHERE pid = %(process)s;

-- name: mark_indexed
-- The store is searched through its index from now on.
UPDATE store_embedders SET indexed_at = coalesce(indexed_at, now())
WHERE store = %(store)s AND embedder = %(embedder)s;

-- name: all_embedders
-- The embedders of all stores.
SELECT store, embedder FROM store_embedders;

-- name: all_indexes
-- The indexes by meaning that there are.
SELECT relname FROM pg_class
WHERE relkind = 'i' AND starts_with(relname, %(prefix)s) AND relnamespace = 'public'::regnamespace;
