/*
title: Key figures
description: "The size of the business in six numbers, of all tenants or of one."
columns:
  - { name: name, label: Name, format: text }
  - { name: label, label: Figure, format: text }
  - { name: value, label: Value, format: text }
  - { name: format, label: Format, format: text }
  - { name: definition, label: Definition, format: text }
parameters:
  - { name: tenant, label: Tenant, type: text, values: SELECT slug FROM core_tenant ORDER BY slug }
*/
WITH sums AS (
  SELECT count(*) AS tenants, sum(s.customers) AS customers, sum(s.completed_orders) AS orders, sum(s.total_revenue) AS revenue, sum(s.sessions) AS sessions,
    sum(s.purchase_sessions) AS purchases, sum(s.monthly_recurring_revenue) AS mrr
  FROM tenant_summary s JOIN core_tenant t ON t.id = s.tenant_id WHERE (:tenant IS NULL OR t.slug = :tenant)
)
SELECT f.name, f.label, f.value, f.format, f.definition
FROM sums s CROSS JOIN LATERAL (VALUES
  (1, 'revenue', 'Revenue', coalesce(s.revenue, 0)::text, 'money', 'Sum of the totals of completed orders, tax and shipping included.'),
  (2, 'orders', 'Orders', coalesce(s.orders, 0)::text, 'integer', 'Completed orders.'),
  (3, 'average_order', 'Average order', round(s.revenue / nullif(s.orders, 0), 2)::text, 'money', 'Revenue divided by completed orders.'),
  (4, 'customers', 'Customers', coalesce(s.customers, 0)::text, 'integer', 'Registered customers.'),
  (5, 'mrr', 'Recurring revenue', coalesce(s.mrr, 0)::text, 'money', 'Monthly amounts of active subscriptions; trials do not count.'),
  (6, 'conversion', 'Conversion', round(s.purchases / nullif(s.sessions, 0), 4)::text, 'percent', 'Sessions with a purchase among all sessions.')
) AS f(position, name, label, value, format, definition) ORDER BY f.position
