/*
title: Products by category
description: "Completed orders by tenant and category."
chart: { kind: stacked-bar, x: tenant, y: revenue, series: category }
columns:
  - { name: tenant, label: Tenant, format: text }
  - { name: category, label: Category, format: text }
  - { name: products, label: Products, format: integer }
  - { name: unsold, label: Never sold, format: integer }
  - { name: pieces, label: Pieces, format: integer }
  - { name: revenue, label: Revenue, format: money }
parameters:
  - { name: tenant, label: Tenant, type: text, values: SELECT slug FROM core_tenant ORDER BY slug }
reconciliation:
  - label: Sum of categories = lines of completed orders
    sum_of: revenue
    equals: >-
      SELECT sum(i.total) FROM core_orderitem i JOIN core_order o ON o.id = i.order_id AND o.status = 'completed' JOIN core_product p ON p.id = i.product_id JOIN core_tenant t ON t.id = p.tenant_id WHERE (:tenant IS NULL OR t.slug = :tenant)
*/
SELECT t.name AS tenant, p.category, count(*) AS products, count(*) FILTER (WHERE p.times_ordered = 0) AS unsold, sum(p.total_quantity_sold) AS pieces, sum(p.total_revenue) AS revenue
FROM product_performance p JOIN core_tenant t ON t.id = p.tenant_id WHERE (:tenant IS NULL OR t.slug = :tenant)
GROUP BY t.name, p.category ORDER BY t.name, sum(p.total_revenue) DESC, p.category
