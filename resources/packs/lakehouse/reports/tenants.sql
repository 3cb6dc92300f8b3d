/*
title: Tenant summary
description: "Each tenant’s size and business in one row."
chart: { kind: bar, x: tenant, y: total_revenue }
columns:
  - { name: tenant, label: Tenant, format: text }
  - { name: plan_type, label: Plan, format: text }
  - { name: customers, label: Customers, format: integer }
  - { name: active_customers, label: Active, format: integer }
  - { name: buying_customers, label: Buying, format: integer }
  - { name: products, label: Products, format: integer }
  - { name: orders, label: Orders, format: integer }
  - { name: completed_orders, label: Completed, format: integer }
  - { name: total_revenue, label: Revenue, format: money }
  - { name: avg_order_value, label: Average order, format: money }
  - { name: sessions, label: Sessions, format: integer }
  - { name: conversion, label: Conversion, format: percent }
  - { name: monthly_recurring_revenue, label: MRR, format: money }
  - { name: last_order_date, label: Last order, format: datetime }
parameters:
  - { name: tenant, label: Tenant, type: text, values: SELECT slug FROM core_tenant ORDER BY slug }
reconciliation:
  - label: Sum of tenants = orders
    sum_of: orders
    equals: >-
      SELECT count(*) FROM core_order o JOIN core_tenant t ON t.id = o.tenant_id WHERE (:tenant IS NULL OR t.slug = :tenant)
*/
SELECT s.tenant_name AS tenant, s.plan_type, s.customers, s.active_customers, s.buying_customers, s.products, s.orders, s.completed_orders, s.total_revenue, s.avg_order_value, s.sessions,
  round(s.purchase_sessions::numeric / nullif(s.sessions, 0), 4) AS conversion, s.monthly_recurring_revenue, s.last_order_date
FROM tenant_summary s JOIN core_tenant t ON t.id = s.tenant_id WHERE (:tenant IS NULL OR t.slug = :tenant)
ORDER BY s.total_revenue DESC, s.tenant_name
