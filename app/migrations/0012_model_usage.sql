-- What language models did for each query, and what each store has spent on them, day by day (UTC).

CREATE TABLE model_usage (
    store text NOT NULL REFERENCES stores,
    usage_id bigint GENERATED ALWAYS AS IDENTITY,
    query_id text NOT NULL,                          -- no reference: `batch answer` asks without a query of its own
    day date NOT NULL,                               -- of the call's beginning, which its budget belongs to
    step text NOT NULL,
    provider text NOT NULL DEFAULT '',
    model text NOT NULL DEFAULT '',
    state text NOT NULL DEFAULT 'reserved' CHECK (state IN ('reserved', 'done', 'failed')),
    input_tokens integer NOT NULL DEFAULT 0 CHECK (input_tokens >= 0),
    output_tokens integer NOT NULL DEFAULT 0 CHECK (output_tokens >= 0),
    cost numeric(18, 9) CHECK (cost >= 0),           -- reserved: the estimate; null: no price is known
    at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (store, usage_id)
);
CREATE INDEX model_usage_of_query ON model_usage (store, query_id);
CREATE INDEX model_usage_of_day ON model_usage (store, day);

-- What a day has cost so far, estimates of running calls included. Its row is what parallel calls wait for.
CREATE TABLE model_days (
    store text NOT NULL REFERENCES stores,
    day date NOT NULL,
    cost numeric(18, 9) NOT NULL CHECK (cost >= 0),
    PRIMARY KEY (store, day)
);

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['model_usage', 'model_days'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY own_store ON %I USING (store = current_setting(''holdpoint.store'', true)) '
                       'WITH CHECK (store = current_setting(''holdpoint.store'', true))', name);
    END LOOP;
END $$;
