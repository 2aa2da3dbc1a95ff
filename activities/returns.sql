-- name: returns_of
-- Returns of one customer's orders, newest first.
SELECT r.body FROM returns r JOIN orders o USING (store, order_id)
WHERE r.store = %(store)s AND o.email = %(email)s
  AND (%(order_ids)s::text[] IS NULL OR lower(r.order_id) = ANY (%(order_ids)s))
ORDER BY r.requested_at DESC, r.return_id LIMIT %(limit)s;

-- name: orders_there
-- Which of these orders the store has.
SELECT order_id FROM orders WHERE store = %(store)s AND order_id = ANY (%(order_ids)s);

-- name: known_returns
-- What the store holds already of these returns.
SELECT return_id, body FROM returns WHERE store = %(store)s AND return_id = ANY (%(return_ids)s);

-- name: put_return
-- A return as it is loaded now.
INSERT INTO returns (store, return_id, order_id, requested_at, body)
VALUES (%(store)s, %(return_id)s, %(order_id)s, %(requested_at)s, %(body)s)
ON CONFLICT (store, return_id) DO UPDATE
SET order_id = excluded.order_id, requested_at = excluded.requested_at, body = excluded.body;
