/*
kind: history
source: orders
target: dim_customers
key: [user_id]
track: [country, is_active]
update: [first_transaction_date, last_transaction_date, total_transactions, total_spent, avg_order_value]
effective: effective_at
watermark: line_id
start: 0
after: [land_order_lines]
*/
-- Customers with new lines, each from its first order and again from each order with another country than the one before.
WITH touched AS (
  SELECT DISTINCT customer_id FROM imported.order_lines WHERE line_id > :since AND customer_id IS NOT NULL
), lines AS (
  SELECT customer_id, ordered_at, line_id, country, document_number, quantity, unit_price FROM imported.order_lines JOIN touched USING (customer_id)
), totals AS (
  SELECT customer_id, min(ordered_at)::date AS first_transaction_date, max(ordered_at)::date AS last_transaction_date,
    count(DISTINCT document_number) FILTER (WHERE quantity > 0) AS total_transactions, sum(quantity * unit_price) AS total_spent, max(line_id) AS line_id
  FROM lines GROUP BY customer_id
), places AS (
  -- One country per customer and moment; the last line of the moment decides.
  SELECT DISTINCT ON (customer_id, ordered_at) customer_id, ordered_at, country FROM lines ORDER BY customer_id, ordered_at, line_id DESC
), changes AS (
  SELECT customer_id, ordered_at, country, lag(ordered_at) OVER w IS NULL OR country IS DISTINCT FROM lag(country) OVER w AS changed
  FROM places WINDOW w AS (PARTITION BY customer_id ORDER BY ordered_at)
)
SELECT c.customer_id AS user_id, c.country, true AS is_active, c.ordered_at AS effective_at,
  t.first_transaction_date, t.last_transaction_date, t.total_transactions, t.total_spent,
  t.total_spent / nullif(t.total_transactions, 0) AS avg_order_value, t.line_id
FROM changes c JOIN totals t USING (customer_id)
WHERE c.changed
