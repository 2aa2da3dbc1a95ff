-- name: customer_of
-- The record of one customer.
SELECT body FROM customers WHERE store = %(store)s AND email = %(email)s;

-- name: at_postcode
-- Names and addresses of the customers at a postcode. Orders count for those of whom the store has no postcode.
SELECT c.email, c.body->>'name' AS name FROM customers c
WHERE c.store = %(store)s AND c.postcode = %(postcode)s
UNION
SELECT o.email, o.body->>'name' FROM orders o
WHERE o.store = %(store)s AND o.body ? 'postcode' AND postcode_key(o.body->>'postcode') = %(postcode)s
  AND NOT EXISTS (SELECT FROM customers c WHERE c.store = o.store AND c.email = o.email AND c.postcode IS NOT NULL)
LIMIT %(limit)s;

-- name: known_customers
-- What the store holds already of these customers.
SELECT email, body FROM customers WHERE store = %(store)s AND email = ANY (%(emails)s);

-- name: put_customer
-- A customer as they are loaded now.
INSERT INTO customers (store, email, postcode, body)
VALUES (%(store)s, %(email)s, %(postcode)s, %(body)s)
ON CONFLICT (store, email) DO UPDATE SET postcode = excluded.postcode, body = excluded.body;
