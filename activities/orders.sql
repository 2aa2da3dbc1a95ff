-- name: orders_of
-- Orders of one customer, newest first. Ids are compared without regard to case, as customers type them.
SELECT body FROM orders
WHERE store = %(store)s AND email = %(email)s
  AND (%(order_ids)s::text[] IS NULL OR lower(order_id) = ANY (%(order_ids)s))
ORDER BY placed_at DESC, order_id LIMIT %(limit)s;

-- name: known_orders
-- What the store holds already of these orders.
SELECT order_id, body FROM orders WHERE store = %(store)s AND order_id = ANY (%(order_ids)s);

-- name: put_order
-- An order as it is loaded now.
INSERT INTO orders (store, order_id, email, placed_at, body)
VALUES (%(store)s, %(order_id)s, %(email)s, %(placed_at)s, %(body)s)
ON CONFLICT (store, order_id) DO UPDATE
SET email = excluded.email, placed_at = excluded.placed_at, body = excluded.body;
