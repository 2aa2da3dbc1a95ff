-- Certified automation: drafts drawn for audit, what agents say of them, certificates, and how far each group is rolled out.

ALTER TABLE stores ADD COLUMN audit_secret text NOT NULL DEFAULT gen_random_uuid()::text;  -- nobody can tell what is drawn
ALTER TABLE queries ADD COLUMN made_with jsonb;      -- what shapes its answer, pinned when work on it begins

-- Where somebody or something falls, from 0 to below 100: the same as domain.rollout.place_of.
CREATE FUNCTION place_of(purpose text, inside text, who text) RETURNS double precision LANGUAGE sql IMMUTABLE AS $$
    SELECT ('x' || substr(encode(sha256(convert_to(purpose || '/' || inside || '/' || who, 'UTF8')), 'hex'), 1, 13))
           ::bit(52)::bigint::double precision / 4503599627370496 * 100
$$;

CREATE TABLE audits (
    store text NOT NULL REFERENCES stores,
    stream text NOT NULL CHECK (stream IN ('draft', 'sent')),  -- of all drafts, or of what left by itself
    query_id text NOT NULL,
    conversation_id text NOT NULL,
    draft_hash text NOT NULL,
    intent text NOT NULL,
    language text NOT NULL,
    confidence double precision NOT NULL,
    passed boolean NOT NULL,                         -- the guard let it pass
    split text NOT NULL CHECK (split IN ('fit', 'certify')),
    models text NOT NULL,                            -- hash of the versions that made it
    policy text NOT NULL,                            -- hash of the store's rules for its intent
    group_key text,                                  -- sent: under which rule it left
    certificate_id text,                             -- sent: under which certificate, null for a cold start
    rate double precision NOT NULL CHECK (rate > 0 AND rate <= 100),
    inclusion double precision NOT NULL CHECK (inclusion >= 0 AND inclusion <= 1),  -- chance of being its conversation's item
    drawn_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (store, stream, query_id),
    UNIQUE (store, stream, conversation_id),
    FOREIGN KEY (store, query_id) REFERENCES queries
);
CREATE INDEX audits_in_order ON audits (store, drawn_at, query_id);

-- The newest label of a query counts; earlier ones stay.
CREATE TABLE audit_labels (
    store text NOT NULL,
    query_id text NOT NULL,
    label_id bigint GENERATED ALWAYS AS IDENTITY,
    verdict text NOT NULL CHECK (verdict IN ('right', 'wrong')),
    harm text,
    note text NOT NULL DEFAULT '',
    agent text NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (store, query_id, label_id),
    FOREIGN KEY (store, query_id) REFERENCES queries,
    CHECK ((verdict = 'wrong') = (harm IS NOT NULL))
);

-- Every look at the labels spends a part of delta, whether it certified anything or not.
CREATE TABLE recalibrations (
    store text NOT NULL REFERENCES stores,
    recalibration integer NOT NULL CHECK (recalibration >= 1),
    delta double precision NOT NULL,                 -- what it spent
    labels integer NOT NULL,
    pools jsonb NOT NULL,                            -- what became of each
    by_whom text NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (store, recalibration)
);

CREATE TABLE certificates (
    store text NOT NULL,
    certificate_id text NOT NULL,
    recalibration integer NOT NULL,
    group_key text NOT NULL,
    level text NOT NULL CHECK (level IN ('group', 'intent', 'language', 'store')),
    members text[] NOT NULL CHECK (cardinality(members) > 0),
    alpha double precision NOT NULL,
    delta double precision NOT NULL,                 -- this pool's part
    threshold double precision NOT NULL,
    labels integer NOT NULL,
    n integer NOT NULL,
    errors integer NOT NULL,
    bound double precision NOT NULL,                 -- on the share of wrong answers
    data_hash text NOT NULL,
    versions jsonb NOT NULL,                         -- models, prompts, scorer, guard, retriever
    policies jsonb NOT NULL,                         -- hash of the store's rules by intent
    documents jsonb NOT NULL,                        -- policy documents that audited drafts cite, with their hashes
    knowledge_hash text NOT NULL,
    knowledge_at timestamptz NOT NULL,               -- knowledge has not changed in between, or a rerun found no difference
    issued_at timestamptz NOT NULL DEFAULT now(),
    issued_by text NOT NULL,
    voided_at timestamptz,
    voided_because text,
    PRIMARY KEY (store, certificate_id),
    FOREIGN KEY (store, recalibration) REFERENCES recalibrations,
    CHECK ((voided_at IS NULL) = (voided_because IS NULL))
);
CREATE UNIQUE INDEX certificates_in_force ON certificates (store, group_key) WHERE voided_at IS NULL;

-- How far a group is rolled out, and the evidence since it last moved.
CREATE TABLE group_states (
    store text NOT NULL REFERENCES stores,
    group_key text NOT NULL,
    members text[] NOT NULL DEFAULT '{}',            -- none: all that leaves without a certificate
    share integer NOT NULL CHECK (share BETWEEN 0 AND 100),
    since timestamptz NOT NULL DEFAULT now(),        -- labels from before count no more
    labels integer NOT NULL DEFAULT 0,
    errors integer NOT NULL DEFAULT 0,
    alarm double precision NOT NULL DEFAULT 1,       -- e-value that too many are wrong
    merit double precision NOT NULL DEFAULT 1,       -- e-value that fewer are wrong than promised
    alarmed_at timestamptz,                          -- labels of drafts drawn before do not certify it again
    PRIMARY KEY (store, group_key)
);

CREATE TABLE rollout_moves (
    store text NOT NULL,
    group_key text NOT NULL,
    move_id bigint GENERATED ALWAYS AS IDENTITY,
    share_before integer NOT NULL,
    share_after integer NOT NULL,
    because text NOT NULL CHECK (because IN ('began', 'earned', 'alarm', 'set')),
    reason text NOT NULL,
    certificate_id text,
    evidence jsonb NOT NULL DEFAULT '{}',            -- domain.evidence.Evidence
    at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (store, group_key, move_id),
    FOREIGN KEY (store, group_key) REFERENCES group_states
);

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['audits', 'audit_labels', 'recalibrations', 'certificates', 'group_states',
                                'rollout_moves'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY own_store ON %I USING (store = current_setting(''holdpoint.store'', true)) '
                       'WITH CHECK (store = current_setting(''holdpoint.store'', true))', name);
    END LOOP;
END $$;

-- When a store's knowledge last changed, without reading its documents.
CREATE INDEX documents_changed ON documents
    (store, greatest(loaded_at, withdrawn_at, quarantined_at, released_at) DESC);
