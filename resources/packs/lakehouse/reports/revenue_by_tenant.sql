/*
title: Revenue by tenant
description: "Completed orders by tenant; a tenant without one has zeros."
chart: { kind: bar, x: tenant, y: total_revenue }
columns:
  - { name: tenant, label: Tenant, format: text }
  - { name: plan_type, label: Plan, format: text }
  - { name: order_count, label: Orders, format: integer }
  - { name: total_revenue, label: Revenue, format: money }
  - { name: avg_order_value, label: Average order, format: money }
  - { name: total_customers, label: Customers, format: integer }
  - { name: revenue_per_customer, label: Revenue per customer, format: money }
parameters:
  - { name: tenant, label: Tenant, type: text, values: SELECT slug FROM core_tenant ORDER BY slug }
reconciliation:
  - label: Sum of tenants = completed orders
    sum_of: total_revenue
    equals: >-
      SELECT sum(o.total) FROM core_order o JOIN core_tenant t ON t.id = o.tenant_id WHERE o.status = 'completed' AND (:tenant IS NULL OR t.slug = :tenant)
  - label: Orders of tenants = completed orders
    sum_of: order_count
    equals: >-
      SELECT count(*) FROM core_order o JOIN core_tenant t ON t.id = o.tenant_id WHERE o.status = 'completed' AND (:tenant IS NULL OR t.slug = :tenant)
*/
SELECT t.name AS tenant, t.settings ->> 'plan_type' AS plan_type, r.order_count, r.total_revenue, r.avg_order_value, r.total_customers, r.revenue_per_customer
FROM revenue_by_tenant_total r JOIN core_tenant t ON t.id = r.tenant_id WHERE (:tenant IS NULL OR t.slug = :tenant)
ORDER BY r.total_revenue DESC, t.name
