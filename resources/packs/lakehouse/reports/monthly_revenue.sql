/*
title: Monthly revenue
description: "Completed orders by month, of all tenants or of one. UTC."
chart: { kind: line, x: month, y: revenue }
columns:
  - { name: month, label: Month, format: date }
  - { name: revenue, label: Revenue, format: money }
  - { name: orders, label: Orders, format: integer }
  - { name: tenants, label: Selling tenants, format: integer }
parameters:
  - { name: tenant, label: Tenant, type: text, values: SELECT slug FROM core_tenant ORDER BY slug }
reconciliation:
  - label: Sum of months = revenue of the tenants
    sum_of: revenue
    equals: >-
      SELECT sum(r.total_revenue) FROM revenue_by_tenant_total r JOIN core_tenant t ON t.id = r.tenant_id WHERE (:tenant IS NULL OR t.slug = :tenant)
*/
SELECT r.month, sum(r.total_revenue) AS revenue, sum(r.order_count) AS orders, count(*) FILTER (WHERE r.order_count > 0) AS tenants
FROM revenue_by_tenant_monthly r JOIN core_tenant t ON t.id = r.tenant_id WHERE (:tenant IS NULL OR t.slug = :tenant)
GROUP BY r.month ORDER BY r.month
