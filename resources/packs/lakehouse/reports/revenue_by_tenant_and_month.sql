/*
title: Revenue by tenant and month
description: "Completed orders by tenant and month of the order. UTC."
chart: { kind: line, x: month, y: total_revenue, series: tenant }
columns:
  - { name: tenant, label: Tenant, format: text }
  - { name: month, label: Month, format: date }
  - { name: order_count, label: Orders, format: integer }
  - { name: total_revenue, label: Revenue, format: money }
  - { name: avg_order_value, label: Average order, format: money }
  - { name: unique_customers, label: Customers, format: integer }
parameters:
  - { name: tenant, label: Tenant, type: text, values: SELECT slug FROM core_tenant ORDER BY slug }
reconciliation:
  - label: Sum of months = completed orders
    sum_of: total_revenue
    equals: >-
      SELECT sum(o.total) FROM core_order o JOIN core_tenant t ON t.id = o.tenant_id WHERE o.status = 'completed' AND (:tenant IS NULL OR t.slug = :tenant)
*/
SELECT t.name AS tenant, r.month, r.order_count, r.total_revenue, r.avg_order_value, r.unique_customers
FROM revenue_by_tenant_monthly r JOIN core_tenant t ON t.id = r.tenant_id WHERE (:tenant IS NULL OR t.slug = :tenant)
ORDER BY r.month, t.name
