/*
title: Top 100 products
description: "The hundred products with the highest revenue in completed orders."
columns:
  - { name: tenant, label: Tenant, format: text }
  - { name: product_name, label: Product, format: text }
  - { name: category, label: Category, format: text }
  - { name: times_ordered, label: Orders, format: integer }
  - { name: total_quantity_sold, label: Pieces, format: integer }
  - { name: total_revenue, label: Revenue, format: money }
  - { name: avg_selling_price, label: Average price, format: money }
parameters:
  - { name: tenant, label: Tenant, type: text, values: SELECT slug FROM core_tenant ORDER BY slug }
*/
SELECT t.name AS tenant, p.product_name, p.category, p.times_ordered, p.total_quantity_sold, p.total_revenue, p.avg_selling_price
FROM product_performance p JOIN core_tenant t ON t.id = p.tenant_id WHERE p.times_ordered > 0 AND (:tenant IS NULL OR t.slug = :tenant)
ORDER BY p.total_revenue DESC, p.product_id LIMIT 100
