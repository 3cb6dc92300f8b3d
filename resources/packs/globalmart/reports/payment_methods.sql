/*
title: Payment methods
description: How purchases are paid. Imported lines do not say.
chart: { kind: bar, x: payment_method, y: revenue }
columns:
  - { name: payment_method, label: Paid by, format: text }
  - { name: orders, label: Orders, format: integer }
  - { name: revenue, label: Revenue, format: money }
  - { name: share_of_revenue, label: Share of revenue, format: percent }
  - { name: average_order, label: Average order, format: money }
reconciliation:
  - label: Sum of rows = revenue of all sales
    sum_of: revenue
    equals: SELECT sum(total_revenue) FROM fact_sales
*/
SELECT coalesce(payment_method, 'Unknown') AS payment_method, count(DISTINCT transaction_id) FILTER (WHERE quantity > 0) AS orders, sum(total_revenue) AS revenue,
  round(sum(total_revenue) / nullif(sum(sum(total_revenue)) OVER (), 0), 4) AS share_of_revenue,
  round(sum(total_revenue) / nullif(count(DISTINCT transaction_id) FILTER (WHERE quantity > 0), 0), 2) AS average_order
FROM fact_sales GROUP BY coalesce(payment_method, 'Unknown') ORDER BY sum(total_revenue) DESC
