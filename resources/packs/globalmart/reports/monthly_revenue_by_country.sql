/*
title: Monthly revenue by country
description: Revenue by month and country, cancellations deducted in the month in which they happened. UTC.
chart: { kind: stacked-bar, x: month, y: revenue, series: country }
columns:
  - { name: month, label: Month, format: date }
  - { name: country, label: Country, format: text }
  - { name: revenue, label: Revenue, format: money }
  - { name: orders, label: Orders, format: integer }
  - { name: customers, label: Customers, format: integer }
reconciliation:
  - label: Sum of rows = revenue of all sales
    sum_of: revenue
    equals: SELECT sum(total_revenue) FROM fact_sales
*/
SELECT make_date(d.year, d.month, 1) AS month, coalesce(g.country, 'Unknown') AS country, sum(f.total_revenue) AS revenue,
  count(DISTINCT f.transaction_id) FILTER (WHERE f.quantity > 0) AS orders, count(DISTINCT f.user_id) FILTER (WHERE f.quantity > 0) AS customers
FROM fact_sales f JOIN dim_date d USING (date_id) LEFT JOIN dim_geography g USING (geography_id)
GROUP BY d.year, d.month, g.country ORDER BY d.year, d.month, g.country
