-- The read side and the records of our own: stores, keys, agents, conversations, queries, drafts, decisions, outbox.
--
-- Every table that holds a store's data has row-level security on the setting `holdpoint.store`, which each transaction
-- sets for itself. The application's role owns nothing and bypasses nothing; without the setting it sees no row.

CREATE TABLE stores (
    store text PRIMARY KEY CHECK (store ~ '^[a-z0-9][a-z0-9_-]{0,62}$'),
    name text NOT NULL,
    settings jsonb NOT NULL DEFAULT '{}',
    webhook_secret text,
    created_at timestamptz NOT NULL DEFAULT now()
);

-- Looked up by hash before the store is known, so not under row-level security; it holds no customer data.
CREATE TABLE api_keys (
    key_id text PRIMARY KEY,
    store text NOT NULL REFERENCES stores,
    scope text NOT NULL CHECK (scope IN ('customer', 'agent', 'verify')),
    key_hash text NOT NULL UNIQUE,
    label text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL DEFAULT now(),
    revoked_at timestamptz
);

CREATE TABLE agents (
    agent_id text PRIMARY KEY,
    name text NOT NULL UNIQUE,
    password_hash text NOT NULL,
    must_change_password boolean NOT NULL DEFAULT true,
    stores text[] NOT NULL DEFAULT '{}', -- empty: every store
    created_at timestamptz NOT NULL DEFAULT now(),
    disabled_at timestamptz
);

CREATE TABLE agent_sessions (
    session_hash text PRIMARY KEY,
    agent_id text NOT NULL REFERENCES agents ON DELETE CASCADE,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL
);

CREATE TABLE conversations (
    store text NOT NULL REFERENCES stores,
    conversation_id text NOT NULL,
    customer_id text,
    email text,
    last_seq bigint NOT NULL DEFAULT 0,        -- of the last message of any role
    last_customer_seq bigint NOT NULL DEFAULT 0,
    held_by text,                              -- the agent who holds the conversation
    opened_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (store, conversation_id)
);

CREATE TABLE queries (
    store text NOT NULL,
    query_id text NOT NULL,
    conversation_id text NOT NULL,
    seq bigint NOT NULL,                       -- of its customer message in the conversation
    channel text NOT NULL,
    message_id text NOT NULL,
    customer jsonb NOT NULL,                   -- {id, email, verified} as the channel said
    language_hint text,
    wants_person boolean NOT NULL DEFAULT false,
    gather boolean NOT NULL DEFAULT false,     -- the conversation had an open query when the message came
    status text NOT NULL DEFAULT 'received'
        CHECK (status IN ('received','working','waiting_review','waiting_agent','sent','closed','failed')),
    disposition text CHECK (disposition IN ('sent_automatically','sent_after_review','sent_after_edit',
                                            'handled_by_agent','superseded','closed_without_reply')),
    tier smallint CHECK (tier BETWEEN 1 AND 3),
    intent text,
    language text,
    confidence double precision,
    snapshot jsonb NOT NULL DEFAULT '{}',      -- all that the console shows, as the workflow last recorded it
    snapshot_version bigint NOT NULL DEFAULT 0,
    draft_hash text,                           -- of the draft that waits
    priority smallint NOT NULL DEFAULT 0,      -- 1 once its deadline has passed
    held_by text,
    held_until timestamptz,
    first_run_id text,                         -- the workflow run that may send by itself
    workflow_started_at timestamptz,
    takeover_by text,                          -- agent who took over a failed run
    superseded_by text,
    failure text,                              -- one sentence, when status is failed
    received_at timestamptz NOT NULL,
    remind_at timestamptz NOT NULL,
    deadline_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT now(),
    closed_at timestamptz,
    PRIMARY KEY (store, query_id),
    UNIQUE (store, channel, message_id),
    FOREIGN KEY (store, conversation_id) REFERENCES conversations
);
CREATE INDEX queries_review_queue ON queries (store, priority DESC, deadline_at, query_id)
    WHERE status IN ('waiting_review', 'waiting_agent', 'failed');
CREATE INDEX queries_of_conversation ON queries (store, conversation_id, seq);
CREATE INDEX queries_not_started ON queries (received_at) WHERE workflow_started_at IS NULL;
CREATE INDEX queries_open ON queries (updated_at) WHERE closed_at IS NULL;
CREATE INDEX queries_recent ON queries (store, received_at DESC, query_id);

CREATE TABLE messages (
    store text NOT NULL,
    conversation_id text NOT NULL,
    seq bigint NOT NULL,
    role text NOT NULL CHECK (role IN ('customer', 'agent', 'assistant', 'notice')),
    text text NOT NULL,
    query_id text NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (store, conversation_id, seq),
    FOREIGN KEY (store, conversation_id) REFERENCES conversations
);

CREATE TABLE drafts (
    store text NOT NULL,
    query_id text NOT NULL,
    draft_hash text NOT NULL,
    attempt smallint NOT NULL,
    body jsonb NOT NULL,                       -- domain.drafts.Draft
    edited_by text,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (store, query_id, draft_hash),
    FOREIGN KEY (store, query_id) REFERENCES queries
);

CREATE TABLE decisions (
    store text NOT NULL,
    query_id text NOT NULL,
    decision_id text NOT NULL,
    action text NOT NULL,
    draft_hash text,
    agent text NOT NULL,
    proven boolean NOT NULL,
    via text NOT NULL,
    text text,
    reason text,
    refusal jsonb,                             -- null: it was applied
    at timestamptz NOT NULL,
    PRIMARY KEY (store, query_id, decision_id),
    FOREIGN KEY (store, query_id) REFERENCES queries
);

CREATE TABLE outbox (
    store text NOT NULL,
    query_id text NOT NULL,
    purpose text NOT NULL CHECK (purpose IN ('reply', 'notice')),
    ordinal smallint NOT NULL,
    content_hash text NOT NULL,
    body jsonb NOT NULL,                       -- domain.ports.Outbound
    helpdesk text NOT NULL,
    status text NOT NULL CHECK (status IN ('pending', 'delivered', 'failed')),
    external_id text,
    written_at timestamptz NOT NULL DEFAULT now(),
    delivered_at timestamptz,
    failure text,
    PRIMARY KEY (store, query_id, purpose, ordinal),
    FOREIGN KEY (store, query_id) REFERENCES queries
);

CREATE TABLE events (
    id bigint GENERATED ALWAYS AS IDENTITY,
    store text NOT NULL,
    query_id text NOT NULL,
    kind text NOT NULL,                        -- step | status | notice | reply
    body jsonb NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (store, query_id, id)
);

CREATE TABLE feedback (
    store text NOT NULL,
    query_id text NOT NULL,
    score smallint NOT NULL CHECK (score BETWEEN 1 AND 5),
    comment text,
    at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (store, query_id),
    FOREIGN KEY (store, query_id) REFERENCES queries
);

CREATE TABLE idempotency_keys (
    store text NOT NULL,
    actor text NOT NULL,                       -- key or agent that used it
    key text NOT NULL,
    request_hash text NOT NULL,
    status smallint,
    response jsonb,
    at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (store, actor, key)
);

CREATE TABLE orders (
    store text NOT NULL REFERENCES stores,
    order_id text NOT NULL,
    email text NOT NULL,                       -- lower case
    placed_at timestamptz NOT NULL,
    body jsonb NOT NULL,                       -- domain.orders.Order
    PRIMARY KEY (store, order_id)
);
CREATE INDEX orders_of_customer ON orders (store, email, placed_at DESC);

-- One row an event of a query, announced to whoever listens; one round trip.
CREATE FUNCTION add_event(in_store text, in_query_id text, in_kind text, in_body jsonb) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
    new_id bigint;
BEGIN
    PERFORM set_config('holdpoint.store', in_store, true);
    INSERT INTO events (store, query_id, kind, body) VALUES (in_store, in_query_id, in_kind, in_body)
    RETURNING id INTO new_id;
    PERFORM pg_notify('holdpoint_events', in_store || ' ' || in_query_id);
    RETURN new_id;
END $$;
