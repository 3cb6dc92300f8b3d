/*
title: Monthly recurring revenue by tenant
description: "Active subscriptions by tenant; a tenant without one has zeros. A yearly subscription counts with its amount per month."
chart: { kind: bar, x: tenant, y: mrr }
columns:
  - { name: tenant, label: Tenant, format: text }
  - { name: active_subscriptions, label: Active subscriptions, format: integer }
  - { name: mrr, label: MRR, format: money }
  - { name: mrr_per_subscription, label: MRR per subscription, format: money }
parameters:
  - { name: tenant, label: Tenant, type: text, values: SELECT slug FROM core_tenant ORDER BY slug }
reconciliation:
  - label: Sum of tenants = active subscriptions
    sum_of: mrr
    equals: >-
      SELECT sum(s.monthly_amount) FROM core_subscription s JOIN core_tenant t ON t.id = s.tenant_id WHERE s.status = 'active' AND (:tenant IS NULL OR t.slug = :tenant)
*/
SELECT t.name AS tenant, a.active_subscriptions, a.monthly_recurring_revenue AS mrr, round(a.monthly_recurring_revenue / nullif(a.active_subscriptions, 0), 2) AS mrr_per_subscription
FROM active_subscriptions a JOIN core_tenant t ON t.id = a.tenant_id WHERE (:tenant IS NULL OR t.slug = :tenant)
ORDER BY a.monthly_recurring_revenue DESC, t.name
