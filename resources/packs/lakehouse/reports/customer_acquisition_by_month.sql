/*
title: Customer acquisition by month
description: "New customers by tenant and month of their registration, and how many there were by then. UTC."
chart: { kind: stacked-bar, x: month, y: new_customers, series: tenant }
columns:
  - { name: month, label: Month, format: date }
  - { name: tenant, label: Tenant, format: text }
  - { name: new_customers, label: New customers, format: integer }
  - { name: customers, label: Customers by then, format: integer }
parameters:
  - { name: tenant, label: Tenant, type: text, values: SELECT slug FROM core_tenant ORDER BY slug }
reconciliation:
  - label: Sum of months = customers
    sum_of: new_customers
    equals: >-
      SELECT count(*) FROM core_customer c JOIN core_tenant t ON t.id = c.tenant_id WHERE (:tenant IS NULL OR t.slug = :tenant)
*/
SELECT a.month, t.name AS tenant, a.new_customers, sum(a.new_customers) OVER (PARTITION BY a.tenant_id ORDER BY a.month) AS customers
FROM customer_acquisition a JOIN core_tenant t ON t.id = a.tenant_id WHERE (:tenant IS NULL OR t.slug = :tenant)
ORDER BY a.month, t.name
