-- name: find_query
-- A query with the customer's words, the notices sent so far, what became of its reply and what models did for it.
SELECT q.store, q.query_id, q.conversation_id, q.seq, q.channel, q.message_id, q.customer, q.status, q.disposition,
       q.tier, q.intent, coalesce(q.language, q.language_hint) AS language, q.confidence, q.snapshot, q.draft_hash,
       q.priority, q.held_by, q.held_until, q.takeover_by, q.superseded_by, q.failure, q.wants_person,
       q.workflow_started_at, q.received_at, q.remind_at, q.deadline_at, q.updated_at, q.closed_at, m.text,
       coalesce((SELECT jsonb_agg(jsonb_build_object('role', n.role, 'text', n.text, 'at', n.at) ORDER BY n.seq)
                 FROM messages n
                 WHERE n.store = q.store AND n.conversation_id = q.conversation_id AND n.query_id = q.query_id
                   AND n.role <> 'customer'), '[]') AS said,
       coalesce((SELECT jsonb_agg(jsonb_build_object('purpose', o.purpose, 'ordinal', o.ordinal, 'status', o.status,
                                                     'helpdesk', o.helpdesk, 'failure', o.failure)
                                  ORDER BY o.written_at)
                 FROM outbox o WHERE o.store = q.store AND o.query_id = q.query_id), '[]') AS deliveries,
       coalesce((SELECT jsonb_agg(to_jsonb(used)) FROM (
                     SELECT u.provider, u.model, count(*) FILTER (WHERE u.state = 'done') AS calls,
                            count(*) FILTER (WHERE u.state = 'failed') AS failed,
                            count(*) FILTER (WHERE u.state = 'reserved') AS pending,
                            sum(u.input_tokens) AS input_tokens, sum(u.output_tokens) AS output_tokens,
                            sum(u.cost)::text AS cost
                     FROM model_usage u WHERE u.store = q.store AND u.query_id = q.query_id
                     GROUP BY u.provider, u.model ORDER BY min(u.usage_id)) AS used), '[]') AS usage
FROM queries q
JOIN messages m ON m.store = q.store AND m.conversation_id = q.conversation_id AND m.seq = q.seq
WHERE q.store = %(store)s AND q.query_id = %(query_id)s;

-- name: list_reviews
-- What waits for a person: overdue first, then by deadline. The condition on status is that of the index.
SELECT q.store, q.query_id, q.conversation_id, q.channel, q.customer, q.status, q.tier, q.intent,
       coalesce(q.language, q.language_hint) AS language, q.confidence, q.draft_hash, q.priority, q.held_by,
       q.held_until, q.takeover_by, q.failure, q.received_at, q.remind_at, q.deadline_at, left(m.text, 200) AS excerpt
FROM queries q
JOIN messages m ON m.store = q.store AND m.conversation_id = q.conversation_id AND m.seq = q.seq
WHERE q.store = %(store)s
  AND q.status IN ('waiting_review', 'waiting_agent', 'failed')
  AND (%(status)s::text IS NULL OR q.status = %(status)s)
  AND (%(tier)s::smallint IS NULL OR q.tier = %(tier)s)
  AND (%(intent)s::text IS NULL OR q.intent = %(intent)s)
  AND (%(language)s::text IS NULL OR coalesce(q.language, q.language_hint) = %(language)s)
  AND (%(held_by)s::text IS NULL OR (q.held_by = %(held_by)s AND q.held_until > now()))
  AND (%(overdue)s::boolean IS NULL OR (q.deadline_at <= now()) = %(overdue)s)
  AND (%(after_id)s::text IS NULL OR (-q.priority, q.deadline_at, q.query_id)
       > (%(after_priority)s, %(after_deadline)s, %(after_id)s))
ORDER BY q.priority DESC, q.deadline_at, q.query_id
LIMIT %(limit)s;

-- name: conversation
-- Everything said in the conversation of a query, oldest first; the last 200 messages.
SELECT role, text, query_id, at FROM (
    SELECT seq, role, text, query_id, at FROM messages
    WHERE store = %(store)s AND conversation_id = %(conversation_id)s
    ORDER BY seq DESC LIMIT 200
) AS latest ORDER BY seq;

-- name: cited_passages
-- The texts behind citations, as they are now.
SELECT passage_id, document_id, kind, language, title, text, content_hash, url
FROM passages WHERE store = %(store)s AND passage_id = ANY(%(passage_ids)s);

-- name: events_since
-- Events of one query after an id, oldest first, and whether the query has ended.
SELECT e.id, e.kind, e.body, e.at FROM events e
WHERE e.store = %(store)s AND e.query_id = %(query_id)s AND e.id > %(after)s
ORDER BY e.id LIMIT 200;

-- name: is_closed
-- Whether a query has ended; no row when there is none.
SELECT closed_at IS NOT NULL AS closed FROM queries WHERE store = %(store)s AND query_id = %(query_id)s;

-- name: count_open
-- Queries whose customer waits, by status and tier, and the age of the oldest in seconds.
SELECT status, coalesce(tier, 0) AS tier, count(*) AS amount,
       extract(epoch FROM now() - min(received_at))::float8 AS oldest,
       count(*) FILTER (WHERE workflow_started_at IS NULL) AS unstarted,
       count(*) FILTER (WHERE deadline_at <= now()) AS overdue
FROM queries WHERE store = %(store)s AND closed_at IS NULL
GROUP BY status, coalesce(tier, 0);

-- name: count_pending
-- Replies and notices that have not left yet.
SELECT count(*) AS amount FROM outbox WHERE store = %(store)s AND status = 'pending';
