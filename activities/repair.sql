-- name: open_queries
-- Queries whose customer waits, oldest word first.
SELECT query_id, status FROM queries
WHERE store = %(store)s AND closed_at IS NULL AND workflow_started_at IS NOT NULL
  AND updated_at < now() - make_interval(secs => %(quiet_for)s)
ORDER BY updated_at;

-- name: find_open
-- One query, if the records show it as open and not as failed.
SELECT query_id FROM queries
WHERE store = %(store)s AND query_id = %(query_id)s AND closed_at IS NULL AND status <> 'failed';

-- name: forget_start
-- Temporal knows no run of this query: it counts as not started again, and the sweeper starts it.
UPDATE queries SET workflow_started_at = NULL, updated_at = now()
WHERE store = %(store)s AND query_id = %(query_id)s AND closed_at IS NULL
RETURNING query_id;

-- name: mark_failed
-- The run has ended without an answer; agents see it and can take it over.
UPDATE queries
SET status = 'failed', failure = coalesce(failure, %(failure)s), draft_hash = NULL, updated_at = now(),
    snapshot = CASE WHEN snapshot = '{}' THEN snapshot ELSE snapshot
        || jsonb_build_object('status', 'failed', 'failure', coalesce(failure, %(failure)s::text),
                              'waiting_hash', NULL) END
WHERE store = %(store)s AND query_id = %(query_id)s AND closed_at IS NULL AND status <> 'failed'
RETURNING query_id;

-- name: list_stores
-- Every store of the installation.
SELECT store FROM stores ORDER BY store;
