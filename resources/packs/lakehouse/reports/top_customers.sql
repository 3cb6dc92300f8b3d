/*
title: Top 100 customers
description: "The hundred customers with the highest lifetime value."
columns:
  - { name: tenant, label: Tenant, format: text }
  - { name: email, label: Customer, format: text }
  - { name: total_orders, label: Orders, format: integer }
  - { name: lifetime_value, label: Lifetime value, format: money }
  - { name: avg_order_value, label: Average order, format: money }
  - { name: first_order_date, label: First order, format: datetime }
  - { name: last_order_date, label: Last order, format: datetime }
  - { name: customer_age_days, label: Days between, format: integer }
parameters:
  - { name: tenant, label: Tenant, type: text, values: SELECT slug FROM core_tenant ORDER BY slug }
*/
SELECT t.name AS tenant, c.email, l.total_orders, l.lifetime_value, l.avg_order_value, l.first_order_date, l.last_order_date, l.customer_age_days
FROM customer_ltv l JOIN core_customer c ON c.id = l.customer_id JOIN core_tenant t ON t.id = l.tenant_id WHERE l.total_orders > 0 AND (:tenant IS NULL OR t.slug = :tenant)
ORDER BY l.lifetime_value DESC, l.customer_id LIMIT 100
