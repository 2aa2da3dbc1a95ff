-- name: lock_conversation
-- One at a time: intake, supersession and sending of a conversation exclude each other.
SELECT c.conversation_id, c.last_seq, c.last_customer_seq, c.held_by
FROM conversations c
JOIN queries q USING (store, conversation_id)
WHERE q.store = %(store)s AND q.query_id = %(query_id)s
FOR UPDATE OF c;

-- name: start_working
-- The first run to come here is the one that may send by itself; a reset never changes it.
UPDATE queries
SET first_run_id = coalesce(first_run_id, %(run_id)s),
    workflow_started_at = coalesce(workflow_started_at, now()),
    status = CASE WHEN closed_at IS NULL THEN 'working' ELSE status END,
    failure = NULL,
    updated_at = now()
WHERE store = %(store)s AND query_id = %(query_id)s
RETURNING *;

-- name: pin
-- What shapes the answer of a query, as it is pinned now.
UPDATE queries SET made_with = %(made_with)s WHERE store = %(store)s AND query_id = %(query_id)s;

-- name: newest_query
-- The newest query of the conversation, this one included.
SELECT query_id, seq FROM queries
WHERE store = %(store)s AND conversation_id = %(conversation_id)s
ORDER BY seq DESC LIMIT 1;

-- name: read_thread
-- The last turns of the conversation, newest first.
SELECT role, text, at, seq FROM messages
WHERE store = %(store)s AND conversation_id = %(conversation_id)s
ORDER BY seq DESC LIMIT %(limit)s;

-- name: told_products
-- Titles of the products that drafts of this conversation rested on, in the order of their use.
SELECT cited ->> 'title' AS title
FROM queries q
JOIN drafts d USING (store, query_id)
CROSS JOIN LATERAL jsonb_array_elements(d.body -> 'citations') AS cited
WHERE q.store = %(store)s AND q.conversation_id = %(conversation_id)s AND q.seq < %(seq)s AND cited ->> 'title' <> ''
  AND EXISTS (SELECT FROM documents known
              WHERE known.store = q.store AND known.document_id = cited ->> 'document_id' AND known.kind = 'product')
GROUP BY 1
ORDER BY min(d.created_at), 1
LIMIT 50;

-- name: unanswered_queries
-- Older queries of the conversation whose customer has had no reply since.
SELECT q.query_id, q.tier, q.deadline_at, q.remind_at, q.wants_person, q.closed_at IS NULL AS open, q.held_by
FROM queries q
WHERE q.store = %(store)s AND q.conversation_id = %(conversation_id)s AND q.seq < %(seq)s
  AND (q.disposition IS NULL OR q.disposition = 'superseded')
  AND q.seq > coalesce((SELECT max(m.seq) FROM messages m
                        WHERE m.store = %(store)s AND m.conversation_id = %(conversation_id)s
                          AND m.role IN ('assistant', 'agent')), 0)
ORDER BY q.seq;

-- name: inherit
-- What a query takes over from those it supersedes.
UPDATE queries SET remind_at = %(remind_at)s, deadline_at = %(deadline_at)s
WHERE store = %(store)s AND query_id = %(query_id)s;

-- name: write_snapshot
-- The newest word of the workflow; an older one changes nothing.
UPDATE queries
SET snapshot = %(snapshot)s, snapshot_version = %(version)s, status = %(status)s, disposition = %(disposition)s,
    tier = %(tier)s, intent = %(intent)s, language = %(language)s, confidence = %(confidence)s,
    draft_hash = %(draft_hash)s, priority = %(priority)s, held_by = %(held_by)s, held_until = %(held_until)s,
    superseded_by = %(superseded_by)s, failure = %(failure)s, remind_at = %(remind_at)s, deadline_at = %(deadline_at)s,
    updated_at = now(),
    closed_at = CASE WHEN %(ended)s THEN coalesce(closed_at, now()) END
WHERE store = %(store)s AND query_id = %(query_id)s
  AND (snapshot_version < %(version)s
       OR %(again)s AND snapshot_version = %(version)s AND (snapshot <> %(snapshot)s OR status <> %(status)s))
  AND NOT (%(status)s = 'failed' AND closed_at IS NOT NULL)
RETURNING query_id;

-- name: drop_pending
-- What was entered for a query that is superseded, and not handed over yet, does not leave.
UPDATE outbox SET status = 'failed', failure = 'The customer wrote again before it left.'
WHERE store = %(store)s AND query_id = %(query_id)s AND status = 'pending';

-- name: write_draft
-- A draft is written once; its hash names its content.
INSERT INTO drafts (store, query_id, draft_hash, attempt, body, created_at)
VALUES (%(store)s, %(query_id)s, %(draft_hash)s, %(attempt)s, %(body)s, now())
ON CONFLICT DO NOTHING;

-- name: write_decision
-- A decision is written once, applied or refused.
INSERT INTO decisions (store, query_id, decision_id, action, draft_hash, agent, proven, via, text, reason, refusal, at)
VALUES (%(store)s, %(query_id)s, %(decision_id)s, %(action)s, %(draft_hash)s, %(agent)s, %(proven)s, %(via)s, %(text)s,
        %(reason)s, %(refusal)s, %(at)s)
ON CONFLICT DO NOTHING;

-- name: hold_conversation
-- Who holds the conversation, null for nobody.
UPDATE conversations c SET held_by = %(held_by)s
FROM queries q
WHERE q.store = %(store)s AND q.query_id = %(query_id)s
  AND c.store = q.store AND c.conversation_id = q.conversation_id
  AND c.held_by IS DISTINCT FROM %(held_by)s
  AND q.seq = (SELECT max(seq) FROM queries n WHERE n.store = q.store AND n.conversation_id = q.conversation_id);

-- name: supersede
-- Ends an open query that has no run to end it.
UPDATE queries
SET status = 'closed', disposition = 'superseded', superseded_by = %(newer)s, draft_hash = NULL,
    closed_at = now(), updated_at = now(),
    snapshot = CASE WHEN snapshot = '{}' THEN snapshot ELSE snapshot
        || jsonb_build_object('status', 'closed', 'disposition', 'superseded', 'waiting_hash', NULL,
                              'superseded_by', %(newer)s::text) END
WHERE store = %(store)s AND query_id = %(query_id)s AND closed_at IS NULL
RETURNING query_id;
