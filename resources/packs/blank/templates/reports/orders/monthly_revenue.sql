/*
title: Monthly revenue
description: Revenue, orders and buyers by month, negative amounts deducted in the month in which they happened. UTC.
chart: { kind: line, x: month, y: revenue }
columns:
  - { name: month, label: Month, format: date }
  - { name: revenue, label: Revenue, format: money }
  - { name: orders, label: Orders, format: integer }
  - { name: buyers, label: Buyers, format: integer }
reconciliation:
  - label: Sum of months = sum of all orders
    sum_of: revenue
    equals: {{orders_total}}
*/
WITH orders AS (
  {{orders}}
)
SELECT date_trunc('month', ordered_at)::date AS month, sum(amount) AS revenue, {{order_count}} AS orders, count(DISTINCT customer_id) FILTER (WHERE amount > 0) AS buyers
FROM orders GROUP BY 1 ORDER BY 1
