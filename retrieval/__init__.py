"""Knowledge: cutting, ranking (pure), and the store, embedders and ingest on PostgreSQL with pgvector."""
