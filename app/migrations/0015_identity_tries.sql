-- Wrong claims of who somebody is, across conversations: what is guessed too often within a day is no proof any more.

CREATE TABLE identity_tries (
    store text NOT NULL REFERENCES stores,
    half text NOT NULL,                              -- hash of an address, an order number, a name or a postcode
    claim text NOT NULL,                             -- hash of the two halves
    at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (store, half, claim)
);
CREATE INDEX identity_tries_by_age ON identity_tries (store, at);
ALTER TABLE identity_tries ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_store ON identity_tries USING (store = current_setting('holdpoint.store', true))
    WITH CHECK (store = current_setting('holdpoint.store', true));
