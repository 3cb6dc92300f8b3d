/*
title: Sales by wine family
description: Turnover, bottles and buyers by family and sugar level.
chart: { kind: stacked-bar, x: family, y: revenue, series: sugar }
columns:
  - { name: family, label: Family, format: text }
  - { name: sugar, label: Sugar level, format: text }
  - { name: revenue, label: Turnover (HT), format: money }
  - { name: bottles, label: Bottles, format: decimal }
  - { name: customers, label: Customers, format: integer }
  - { name: products, label: Products sold, format: integer }
reconciliation:
  - label: Sum of families = order lines
    sum_of: revenue
    equals: SELECT sum(amount_ht) FROM order_line
*/
SELECT coalesce(p.family_crm, 'Unknown') AS family, coalesce(p.sucrosite_niveau, 'Unknown') AS sugar, sum(o.amount_ht) AS revenue, sum(o.qty) AS bottles,
  count(DISTINCT o.customer_code) AS customers, count(DISTINCT o.product_key) AS products
FROM order_line o JOIN product p USING (product_key) GROUP BY 1, 2 ORDER BY 1, 2
