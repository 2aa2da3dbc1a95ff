-- name: find_by_message
-- The query a channel's message already led to, with what was said then.
SELECT q.query_id, q.conversation_id, q.customer, m.text, q.gather, q.remind_at, q.deadline_at, q.wants_person,
       q.workflow_started_at IS NOT NULL AS started
FROM queries q
JOIN messages m ON m.store = q.store AND m.conversation_id = q.conversation_id AND m.seq = q.seq
WHERE q.store = %(store)s AND q.channel = %(channel)s AND q.message_id = %(message_id)s;

-- name: lock_conversation
-- Messages of one conversation are numbered one after the other. Learns who the customer is when it did not know yet.
UPDATE conversations
SET last_seq = last_seq + 1, last_customer_seq = last_seq + 1,
    customer_id = coalesce(customer_id, %(customer_id)s), email = coalesce(email, %(email)s)
WHERE store = %(store)s AND conversation_id = %(conversation_id)s
RETURNING last_seq AS seq, customer_id, email;

-- name: open_conversation
-- A new conversation; its first message has the number 1.
INSERT INTO conversations (store, conversation_id, customer_id, email, last_seq, last_customer_seq, opened_at)
VALUES (%(store)s, %(conversation_id)s, %(customer_id)s, %(email)s, 1, 1, %(received_at)s)
RETURNING last_seq AS seq, customer_id, email;

-- name: insert_query
-- The query and its message, announced. No row: the same message was stored a moment ago by somebody else.
WITH query AS (
    INSERT INTO queries (store, query_id, conversation_id, seq, channel, message_id, customer, language_hint,
                         wants_person, gather, received_at, remind_at, deadline_at, updated_at)
    SELECT %(store)s, %(query_id)s, %(conversation_id)s, %(seq)s, %(channel)s, %(message_id)s, %(customer)s,
           %(language)s, %(wants_person)s,
           EXISTS (SELECT 1 FROM queries o WHERE o.store = %(store)s AND o.conversation_id = %(conversation_id)s
                   AND o.closed_at IS NULL),
           %(received_at)s, %(remind_at)s, %(deadline_at)s, %(received_at)s
    ON CONFLICT DO NOTHING
    RETURNING gather
), message AS (
    INSERT INTO messages (store, conversation_id, seq, role, text, query_id, at)
    SELECT %(store)s, %(conversation_id)s, %(seq)s, 'customer', %(text)s, %(query_id)s, %(received_at)s FROM query
)
SELECT gather, add_event(%(store)s, %(query_id)s, 'status', '{"status": "received"}') AS event FROM query;

-- name: find_unstarted
-- Stored queries whose workflow does not run yet, oldest first.
SELECT store, query_id, conversation_id, gather, wants_person, remind_at, deadline_at
FROM queries
WHERE store = %(store)s AND workflow_started_at IS NULL AND closed_at IS NULL
  AND received_at < now() - make_interval(secs => %(older_than)s)
ORDER BY received_at
LIMIT %(limit)s;

-- name: mark_started
-- Notes that the workflow of a query exists, once.
UPDATE queries SET workflow_started_at = now()
WHERE store = %(store)s AND query_id = %(query_id)s AND workflow_started_at IS NULL;

-- name: want_person
-- Notes a request for a person on an open query; a workflow that starts later reads it there.
UPDATE queries SET wants_person = true
WHERE store = %(store)s AND query_id = %(query_id)s AND closed_at IS NULL
RETURNING query_id;

-- name: note_takeover
-- An agent answers a query whose own run has failed; the first one is kept.
UPDATE queries SET takeover_by = coalesce(takeover_by, %(agent)s)
WHERE store = %(store)s AND query_id = %(query_id)s AND closed_at IS NULL;

-- name: find_last_of_conversation
-- The newest query of the conversation that a query belongs to.
SELECT q.query_id, q.conversation_id, q.customer, q.channel, coalesce(q.language, q.language_hint) AS language,
       q.closed_at IS NOT NULL AS closed, q.status, q.workflow_started_at IS NOT NULL AS started, q.takeover_by,
       c.last_customer_seq
FROM queries asked
JOIN queries q ON q.store = asked.store AND q.conversation_id = asked.conversation_id
JOIN conversations c ON c.store = q.store AND c.conversation_id = q.conversation_id
WHERE asked.store = %(store)s AND asked.query_id = %(query_id)s
ORDER BY (q.closed_at IS NULL) DESC, q.seq DESC
LIMIT 1;

-- name: keep_feedback
-- What the customer thought of the answer; the last word counts.
INSERT INTO feedback (store, query_id, score, comment) VALUES (%(store)s, %(query_id)s, %(score)s, %(comment)s)
ON CONFLICT (store, query_id) DO UPDATE SET score = excluded.score, comment = excluded.comment, at = now();

-- name: query_exists
-- Whether a query of this store has the id.
SELECT 1 AS found FROM queries WHERE store = %(store)s AND query_id = %(query_id)s;
