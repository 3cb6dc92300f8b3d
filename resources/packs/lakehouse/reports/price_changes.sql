/*
title: Price changes
description: "Versions of products that began with another price, the newest first; known since the first copy."
columns:
  - { name: tenant, label: Tenant, format: text }
  - { name: product_name, label: Product, format: text }
  - { name: changed_at, label: Changed, format: datetime }
  - { name: price_before, label: Before, format: money }
  - { name: price, label: After, format: money }
  - { name: change, label: Change, format: percent }
parameters:
  - { name: tenant, label: Tenant, type: text, values: SELECT slug FROM core_tenant ORDER BY slug }
*/
WITH versions AS (
  SELECT *, lag(price) OVER (PARTITION BY product_id ORDER BY effective_from) AS price_before FROM dim_product
)
SELECT t.name AS tenant, v.name AS product_name, v.effective_from AS changed_at, v.price_before, v.price, round(v.price / v.price_before - 1, 4) AS change
FROM versions v JOIN core_tenant t ON t.id = v.tenant_id WHERE v.price <> v.price_before AND (:tenant IS NULL OR t.slug = :tenant)
ORDER BY v.effective_from DESC, v.product_id
