-- What a store knows of its customers, and what comes back: looked up beside orders.

CREATE TABLE customers (
    store text NOT NULL REFERENCES stores,
    email text NOT NULL,                             -- lower case
    postcode text,                                   -- domain.customers.postcode_key
    body jsonb NOT NULL,                             -- domain.customers.CustomerRecord
    PRIMARY KEY (store, email)
);
CREATE INDEX customers_by_postcode ON customers (store, postcode) WHERE postcode IS NOT NULL;

-- Whose it is, its order says.
CREATE TABLE returns (
    store text NOT NULL,
    return_id text NOT NULL,
    order_id text NOT NULL,
    requested_at timestamptz NOT NULL,
    body jsonb NOT NULL,                             -- domain.customers.Return
    PRIMARY KEY (store, return_id),
    FOREIGN KEY (store, order_id) REFERENCES orders ON DELETE CASCADE
);
CREATE INDEX returns_of_order ON returns (store, order_id, requested_at DESC);

-- The same as domain.customers.postcode_key, for orders that were loaded before.
CREATE FUNCTION postcode_key(postcode text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN postcode ~ '^\s*[0-9]{5}-[0-9]{4}\s*$' THEN substr(btrim(postcode), 1, 5)
                ELSE upper(regexp_replace(postcode, '[^A-Za-z0-9]', '', 'g')) END
$$;
CREATE INDEX orders_by_postcode ON orders (store, postcode_key(body->>'postcode')) WHERE body ? 'postcode';

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['customers', 'returns'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY own_store ON %I USING (store = current_setting(''holdpoint.store'', true)) '
                       'WITH CHECK (store = current_setting(''holdpoint.store'', true))', name);
    END LOOP;
END $$;
