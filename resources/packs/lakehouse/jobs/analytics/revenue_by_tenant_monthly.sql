/*
kind: transform
target: revenue_by_tenant_monthly
key: [tenant_id, month]
empty: allow
needs: [core_tenant, core_order]
checks:
  - name: months_add_up_to_completed_orders
    sql: >-
      SELECT 1 FROM (SELECT sum(total_revenue) AS told FROM revenue_by_tenant_monthly) r,
      (SELECT sum(o.total) AS sold FROM core_order o JOIN core_tenant t ON t.id = o.tenant_id WHERE o.status = 'completed') s
      WHERE coalesce(told, 0) <> coalesce(sold, 0)
*/
-- Every tenant with every month of the shop: one without an order has zeros, and is not missing.
WITH months AS (
  SELECT generate_series(date_trunc('month', min(order_date) AT TIME ZONE 'UTC'), date_trunc('month', max(order_date) AT TIME ZONE 'UTC'), interval '1 month')::date AS month FROM core_order
), sales AS (
  SELECT tenant_id, date_trunc('month', order_date AT TIME ZONE 'UTC')::date AS month, count(*) AS order_count, sum(total) AS total_revenue,
    count(DISTINCT customer_id) AS unique_customers
  FROM core_order WHERE status = 'completed' GROUP BY 1, 2
)
SELECT t.id AS tenant_id, m.month, coalesce(s.order_count, 0) AS order_count, coalesce(s.total_revenue, 0) AS total_revenue,
  round(s.total_revenue / s.order_count, 2) AS avg_order_value, coalesce(s.unique_customers, 0) AS unique_customers
FROM core_tenant t CROSS JOIN months m LEFT JOIN sales s ON s.tenant_id = t.id AND s.month = m.month
