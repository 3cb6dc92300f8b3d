/*
kind: transform
target: customer_features
key: [customer_id]
empty: allow
needs: [core_tenant, core_customer, core_product, core_order, core_orderitem, core_event, core_subscription, core_invoice]
checks:
  - name: one_row_per_customer
    sql: SELECT 1 WHERE (SELECT count(*) FROM customer_features) <> (SELECT count(*) FROM core_customer c JOIN core_tenant t ON t.id = c.tenant_id)
*/
WITH today AS (
  SELECT as_of, (as_of AT TIME ZONE 'UTC')::date AS today FROM shop_moment
), orders AS (
  SELECT o.customer_id, count(*) FILTER (WHERE o.status = 'completed') AS total_orders, sum(o.total) FILTER (WHERE o.status = 'completed') AS lifetime_value,
    max(o.order_date) FILTER (WHERE o.status <> 'cancelled') AS last_order_at,
    count(*) FILTER (WHERE o.status <> 'cancelled' AND o.order_date > t.as_of - interval '30 days') AS orders_last_30_days,
    sum(o.total) FILTER (WHERE o.status = 'completed' AND o.order_date > t.as_of - interval '90 days') AS revenue_last_90_days,
    count(*) FILTER (WHERE o.status IN ('pending', 'processing')) AS open_orders, count(*) FILTER (WHERE o.status = 'cancelled') AS cancelled_orders
  FROM core_order o CROSS JOIN today t GROUP BY o.customer_id
), tastes AS (
  SELECT DISTINCT ON (o.customer_id) o.customer_id, p.category AS favourite_category
  FROM core_order o JOIN core_orderitem i ON i.order_id = o.id JOIN core_product p ON p.id = i.product_id
  WHERE o.status = 'completed' GROUP BY o.customer_id, p.category ORDER BY o.customer_id, sum(i.quantity) DESC, p.category
), sessions AS (
  SELECT customer_id, session_id, max(created_at) AS last_at, bool_or(event_type = 'add_to_cart') AND NOT bool_or(event_type = 'purchase') AS is_abandoned
  FROM core_event WHERE customer_id IS NOT NULL GROUP BY customer_id, session_id
), visits AS (
  SELECT s.customer_id, max(s.last_at) AS last_seen_at, count(*) FILTER (WHERE s.last_at > t.as_of - interval '30 days') AS sessions_last_30_days,
    count(*) FILTER (WHERE s.is_abandoned AND s.last_at > t.as_of - interval '30 days') AS abandoned_carts_last_30_days
  FROM sessions s CROSS JOIN today t GROUP BY s.customer_id
), newest AS (
  SELECT DISTINCT ON (customer_id) customer_id, status, plan_name FROM core_subscription ORDER BY customer_id, start_date DESC, created_at DESC, id
), dues AS (
  SELECT customer_id, sum(monthly_amount) FILTER (WHERE status = 'active') AS mrr, count(*) FILTER (WHERE status IN ('cancelled', 'expired')) AS former_subscriptions
  FROM core_subscription GROUP BY customer_id
), debts AS (
  SELECT customer_id, count(*) AS overdue_invoices, sum(amount) AS overdue_amount FROM core_invoice WHERE status = 'overdue' GROUP BY customer_id
)
SELECT c.id AS customer_id, n.slug AS tenant, n.name AS tenant_name, n.settings ->> 'plan_type' AS plan_type, c.metadata ->> 'country' AS country,
  (c.metadata ->> 'age')::integer AS age, c.metadata ->> 'signup_source' AS signup_source, (c.metadata #>> '{preferences,newsletter}')::boolean AS newsletter,
  c.is_active, t.today - (c.created_at AT TIME ZONE 'UTC')::date AS account_age_days, coalesce(o.total_orders, 0)::integer AS total_orders,
  coalesce(o.lifetime_value, 0) AS lifetime_value, round(o.lifetime_value / nullif(o.total_orders, 0), 2) AS avg_order_value,
  t.today - (o.last_order_at AT TIME ZONE 'UTC')::date AS last_order_days_ago, coalesce(o.orders_last_30_days, 0)::integer AS orders_last_30_days,
  coalesce(o.revenue_last_90_days, 0) AS revenue_last_90_days, coalesce(o.open_orders, 0)::integer AS open_orders,
  coalesce(o.cancelled_orders, 0)::integer AS cancelled_orders, f.favourite_category, coalesce(v.sessions_last_30_days, 0)::integer AS sessions_last_30_days,
  t.today - (v.last_seen_at AT TIME ZONE 'UTC')::date AS last_seen_days_ago, coalesce(v.abandoned_carts_last_30_days, 0)::integer AS abandoned_carts_last_30_days,
  s.status AS subscription_status, s.plan_name AS subscription_plan, coalesce(d.mrr, 0) AS mrr, coalesce(d.former_subscriptions, 0)::integer AS former_subscriptions,
  coalesce(e.overdue_invoices, 0)::integer AS overdue_invoices, coalesce(e.overdue_amount, 0) AS overdue_amount
FROM core_customer c JOIN core_tenant n ON n.id = c.tenant_id CROSS JOIN today t LEFT JOIN orders o ON o.customer_id = c.id LEFT JOIN tastes f ON f.customer_id = c.id
LEFT JOIN visits v ON v.customer_id = c.id LEFT JOIN newest s ON s.customer_id = c.id LEFT JOIN dues d ON d.customer_id = c.id LEFT JOIN debts e ON e.customer_id = c.id
