/*
kind: transform
target: revenue_by_tenant_total
key: [tenant_id]
empty: allow
needs: [core_tenant, core_customer, core_order]
*/
-- The status stands in the join: in WHERE it would drop the tenants without a completed order.
WITH people AS (
  SELECT tenant_id, count(*) AS total_customers FROM core_customer GROUP BY tenant_id
), sales AS (
  SELECT t.id AS tenant_id, count(o.id) AS order_count, coalesce(sum(o.total), 0) AS total_revenue
  FROM core_tenant t LEFT JOIN core_order o ON o.tenant_id = t.id AND o.status = 'completed' GROUP BY t.id
)
SELECT s.tenant_id, s.order_count, s.total_revenue, round(s.total_revenue / nullif(s.order_count, 0), 2) AS avg_order_value,
  coalesce(p.total_customers, 0) AS total_customers, round(s.total_revenue / nullif(p.total_customers, 0), 2) AS revenue_per_customer
FROM sales s LEFT JOIN people p USING (tenant_id)
