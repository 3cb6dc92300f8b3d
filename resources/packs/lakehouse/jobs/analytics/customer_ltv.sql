/*
kind: transform
target: customer_ltv
key: [customer_id]
empty: allow
needs: [core_customer, core_order]
*/
WITH sales AS (
  SELECT customer_id, count(*) AS total_orders, sum(total) AS lifetime_value, min(order_date) AS first_order_date, max(order_date) AS last_order_date
  FROM core_order WHERE status = 'completed' GROUP BY customer_id
)
SELECT c.id AS customer_id, c.tenant_id, coalesce(s.total_orders, 0) AS total_orders, coalesce(s.lifetime_value, 0) AS lifetime_value,
  round(s.lifetime_value / s.total_orders, 2) AS avg_order_value, s.first_order_date, s.last_order_date,
  (s.last_order_date AT TIME ZONE 'UTC')::date - (s.first_order_date AT TIME ZONE 'UTC')::date AS customer_age_days
FROM core_customer c LEFT JOIN sales s ON s.customer_id = c.id
