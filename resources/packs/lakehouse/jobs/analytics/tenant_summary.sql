/*
kind: transform
target: tenant_summary
key: [tenant_id]
empty: allow
needs: [core_tenant, core_customer, core_product, core_order, revenue_by_tenant_total, customer_ltv, active_subscriptions, event_funnel]
checks:
  - name: revenue_is_that_of_the_total
    sql: SELECT * FROM tenant_summary s JOIN revenue_by_tenant_total r USING (tenant_id) WHERE s.total_revenue <> r.total_revenue
*/
-- Each count is made by itself: joined all at once, customers, products and orders would multiply each other.
WITH people AS (
  SELECT tenant_id, count(*) AS customers, count(*) FILTER (WHERE is_active) AS active_customers FROM core_customer GROUP BY tenant_id
), buyers AS (
  SELECT tenant_id, count(*) FILTER (WHERE total_orders > 0) AS buying_customers FROM customer_ltv GROUP BY tenant_id
), shelves AS (
  SELECT tenant_id, count(*) AS products FROM core_product GROUP BY tenant_id
), placed AS (
  SELECT tenant_id, count(*) AS orders, max(order_date) AS last_order_date FROM core_order GROUP BY tenant_id
), visits AS (
  SELECT tenant_id, sum(session_count) FILTER (WHERE event_type = 'page_view') AS sessions,
    sum(session_count) FILTER (WHERE event_type = 'purchase') AS purchase_sessions
  FROM event_funnel GROUP BY tenant_id
)
SELECT t.id AS tenant_id, t.name AS tenant_name, t.settings ->> 'plan_type' AS plan_type, t.is_active, coalesce(p.customers, 0) AS customers,
  coalesce(p.active_customers, 0) AS active_customers, coalesce(b.buying_customers, 0) AS buying_customers, coalesce(h.products, 0) AS products,
  coalesce(o.orders, 0) AS orders, coalesce(r.order_count, 0) AS completed_orders, coalesce(r.total_revenue, 0) AS total_revenue, r.avg_order_value,
  coalesce(v.sessions, 0) AS sessions, coalesce(v.purchase_sessions, 0) AS purchase_sessions, coalesce(a.active_subscriptions, 0) AS active_subscriptions,
  coalesce(a.monthly_recurring_revenue, 0) AS monthly_recurring_revenue, o.last_order_date
FROM core_tenant t LEFT JOIN people p ON p.tenant_id = t.id LEFT JOIN buyers b ON b.tenant_id = t.id LEFT JOIN shelves h ON h.tenant_id = t.id
LEFT JOIN placed o ON o.tenant_id = t.id LEFT JOIN visits v ON v.tenant_id = t.id LEFT JOIN revenue_by_tenant_total r ON r.tenant_id = t.id
LEFT JOIN active_subscriptions a ON a.tenant_id = t.id
