/*
title: Monthly revenue
description: Revenue, orders and customers by month, cancellations deducted in the month in which they happened. UTC.
chart: { kind: line, x: month, y: revenue }
columns:
  - { name: month, label: Month, format: date }
  - { name: revenue, label: Revenue, format: money }
  - { name: orders, label: Orders, format: integer }
  - { name: customers, label: Customers, format: integer }
reconciliation:
  - label: Sum of months = revenue of all sales
    sum_of: revenue
    equals: SELECT sum(total_revenue) FROM fact_sales
*/
SELECT make_date(d.year, d.month, 1) AS month, sum(f.total_revenue) AS revenue,
  count(DISTINCT f.transaction_id) FILTER (WHERE f.quantity > 0) AS orders, count(DISTINCT f.user_id) FILTER (WHERE f.quantity > 0) AS customers
FROM fact_sales f JOIN dim_date d USING (date_id)
GROUP BY d.year, d.month ORDER BY d.year, d.month
