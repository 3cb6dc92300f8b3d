/*
title: Top products
description: The hundred products that brought most, negative amounts deducted; with names where products are mapped.
columns:
  - { name: product_id, label: Product, format: text }
  - { name: name, label: Name, format: text }
  - { name: category, label: Category, format: text }
  - { name: revenue, label: Revenue, format: money }
  - { name: share_of_revenue, label: Share of revenue, format: percent }
  - { name: orders, label: Orders, format: integer }
  - { name: quantity, label: Quantity, format: decimal }
  - { name: buyers, label: Buyers, format: integer }
*/
WITH orders AS (
  {{orders}}
), products AS (
  {{products}}
), sold AS (
  SELECT product_id, sum(amount) AS revenue, {{order_count}} AS orders, sum(quantity) AS quantity, count(DISTINCT customer_id) FILTER (WHERE amount > 0) AS buyers
  FROM orders GROUP BY product_id
)
SELECT coalesce(s.product_id, 'none') AS product_id, p.name, p.category, round(s.revenue, 2) AS revenue,
  round(s.revenue / nullif((SELECT sum(amount) FROM orders), 0), 4) AS share_of_revenue, s.orders, s.quantity, s.buyers
FROM sold s LEFT JOIN products p USING (product_id) ORDER BY s.revenue DESC, product_id LIMIT 100
