-- name: reserve_of_day
-- Adds an estimate to what the day has cost; no row when the budget does not allow it. The row stays locked until the
-- end of the transaction, so of two calls at once the second sees what the first has reserved.
INSERT INTO model_days AS d (store, day, cost)
SELECT %(store)s, (now() AT TIME ZONE 'UTC')::date, %(estimate)s::numeric
WHERE %(budget)s::numeric IS NULL OR %(estimate)s::numeric <= %(budget)s::numeric
ON CONFLICT (store, day) DO UPDATE SET cost = d.cost + excluded.cost
WHERE %(budget)s::numeric IS NULL OR d.cost + excluded.cost <= %(budget)s::numeric
RETURNING day;

-- name: reserve_call
-- A call that begins, at its estimate.
INSERT INTO model_usage (store, query_id, day, step, provider, model, cost)
VALUES (%(store)s, %(query_id)s, %(day)s, %(step)s, %(provider)s, %(model)s, %(cost)s)
RETURNING usage_id;

-- name: settle
-- What a call came to, once; its day takes the difference to the estimate.
WITH before AS (
    SELECT store, usage_id, day, coalesce(cost, 0) AS estimate FROM model_usage
    WHERE store = %(store)s AND usage_id = %(usage_id)s AND state = 'reserved' FOR UPDATE
), settled AS (
    UPDATE model_usage u
    SET state = %(state)s, provider = %(provider)s, model = %(model)s, input_tokens = %(input_tokens)s,
        output_tokens = %(output_tokens)s, cost = %(cost)s
    FROM before b WHERE u.store = b.store AND u.usage_id = b.usage_id
    RETURNING b.day, coalesce(u.cost, 0) - b.estimate AS difference
)
UPDATE model_days d SET cost = greatest(0, d.cost + s.difference)
FROM settled s WHERE d.store = %(store)s AND d.day = s.day;

-- name: usage_by_day
-- Day by day and model by model, the newest first.
SELECT day, provider, model, count(*) FILTER (WHERE state = 'done') AS calls,
       count(*) FILTER (WHERE state = 'failed') AS failed, count(*) FILTER (WHERE state = 'reserved') AS pending,
       sum(input_tokens) AS input_tokens, sum(output_tokens) AS output_tokens, sum(cost) AS cost
FROM model_usage
WHERE store = %(store)s AND day > (now() AT TIME ZONE 'UTC')::date - %(days)s::integer
GROUP BY day, provider, model
ORDER BY day DESC, provider, model;
