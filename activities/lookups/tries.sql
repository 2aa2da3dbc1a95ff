-- name: forget_tries
-- What is older than a day counts no more.
DELETE FROM identity_tries WHERE store = %(store)s AND at < now() - interval '1 day';

-- name: note_try
-- One half of a wrong claim. The same claim again is no further guess.
INSERT INTO identity_tries (store, half, claim) VALUES (%(store)s, %(half)s, %(claim)s)
ON CONFLICT (store, half, claim) DO NOTHING;

-- name: most_tried
-- In how many different wrong claims of the last day the most tried of these halves was.
SELECT coalesce(max(n), 0) AS most FROM (
    SELECT count(*) AS n FROM identity_tries
    WHERE store = %(store)s AND half = ANY (%(halves)s) AND at > now() - interval '1 day' GROUP BY half
) AS counted;
