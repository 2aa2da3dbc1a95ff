-- name: group_states
-- How far each group is rolled out, and the evidence since it last moved.
SELECT * FROM group_states WHERE store = %(store)s ORDER BY group_key;

-- name: lock_group
-- The state of one group, so that two labels are weighed one after the other.
SELECT * FROM group_states WHERE store = %(store)s AND group_key = %(group_key)s FOR UPDATE;

-- name: open_group
-- A group begins where it is told to, unless it is there already: then it keeps its share.
INSERT INTO group_states (store, group_key, members, share) VALUES (%(store)s, %(group_key)s, %(members)s, %(share)s)
ON CONFLICT (store, group_key) DO NOTHING;

-- name: set_members
-- Which groups a pool holds since its last certificate; the evidence begins anew.
UPDATE group_states
SET members = %(members)s, share = %(share)s, since = now(), labels = 0, errors = 0, alarm = 1, merit = 1
WHERE store = %(store)s AND group_key = %(group_key)s;

-- name: move_group
-- Another share, and evidence that begins anew.
UPDATE group_states
SET share = %(share)s, since = clock_timestamp(), labels = 0, errors = 0, alarm = 1, merit = 1,
    alarmed_at = CASE WHEN %(alarmed)s THEN clock_timestamp() ELSE alarmed_at END
WHERE store = %(store)s AND group_key = %(group_key)s;

-- name: write_evidence
-- What the labels say so far.
UPDATE group_states SET labels = %(labels)s, errors = %(errors)s, alarm = %(alarm)s, merit = %(merit)s
WHERE store = %(store)s AND group_key = %(group_key)s;

-- name: write_move
-- A move with its reason.
INSERT INTO rollout_moves (store, group_key, share_before, share_after, because, reason, certificate_id, evidence)
VALUES (%(store)s, %(group_key)s, %(before)s, %(after)s, %(because)s, %(reason)s, %(certificate_id)s, %(evidence)s)
RETURNING *;

-- name: list_moves
-- The newest moves of all groups.
SELECT * FROM rollout_moves WHERE store = %(store)s ORDER BY move_id DESC LIMIT %(most)s;

-- name: labels_of_group
-- Labels given since a group last moved to replies that left under its rule, and since its last alarm, in order.
SELECT l.verdict = 'right' AS right
FROM audits a
JOIN LATERAL (SELECT label_id, verdict, at FROM audit_labels l WHERE l.store = a.store AND l.query_id = a.query_id
              ORDER BY label_id DESC LIMIT 1) l ON true
WHERE a.store = %(store)s AND a.stream = 'sent' AND a.group_key = %(group_key)s
  AND a.certificate_id IS NOT DISTINCT FROM %(certificate_id)s AND l.at >= %(since)s
  AND a.drawn_at >= coalesce(%(alarmed_at)s::timestamptz, '-infinity')
ORDER BY l.label_id;
