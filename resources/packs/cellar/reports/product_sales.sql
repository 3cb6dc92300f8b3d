/*
title: Products
description: Every product with what was sold of it; products that nobody bought too.
columns:
  - { name: product_key, label: Product, format: text }
  - { name: product_label, label: Label, format: text }
  - { name: family_crm, label: Family, format: text }
  - { name: price_band, label: Price band, format: text }
  - { name: is_active, label: Active, format: text }
  - { name: order_lines, label: Lines, format: integer }
  - { name: customers, label: Customers, format: integer }
  - { name: revenue, label: Turnover (HT), format: money }
  - { name: popularity, label: Popularity, format: percent }
reconciliation:
  - label: Sum of products = order lines
    sum_of: revenue
    equals: SELECT sum(amount_ht) FROM order_line
*/
SELECT p.product_key, p.product_label, p.family_crm, p.price_band, CASE WHEN p.is_active AND NOT p.is_archived THEN 'yes' ELSE 'no' END AS is_active, count(o.id) AS order_lines,
  count(DISTINCT o.customer_code) AS customers, coalesce(sum(o.amount_ht), 0) AS revenue, p.global_popularity_score AS popularity
FROM product p LEFT JOIN order_line o USING (product_key) GROUP BY p.product_key ORDER BY revenue DESC, p.product_key
