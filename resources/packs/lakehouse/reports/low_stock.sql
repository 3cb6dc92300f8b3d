/*
title: Low stock
description: "Products on sale with fewer than 50 pieces on stock, the emptiest first, with what was sold of them."
columns:
  - { name: tenant, label: Tenant, format: text }
  - { name: sku, label: SKU, format: text }
  - { name: product_name, label: Product, format: text }
  - { name: category, label: Category, format: text }
  - { name: stock_quantity, label: On stock, format: integer }
  - { name: total_quantity_sold, label: Sold, format: integer }
  - { name: price, label: Price, format: money }
parameters:
  - { name: tenant, label: Tenant, type: text, values: SELECT slug FROM core_tenant ORDER BY slug }
*/
SELECT t.name AS tenant, p.sku, p.name AS product_name, p.category, p.stock_quantity, coalesce(s.total_quantity_sold, 0) AS total_quantity_sold, p.price
FROM core_product p JOIN core_tenant t ON t.id = p.tenant_id LEFT JOIN product_performance s ON s.product_id = p.id
WHERE p.is_active AND p.stock_quantity < 50 AND (:tenant IS NULL OR t.slug = :tenant)
ORDER BY p.stock_quantity, t.name, p.sku
