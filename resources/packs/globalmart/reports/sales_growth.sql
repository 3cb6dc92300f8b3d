/*
title: Sales growth
description: Revenue by period over all countries and categories, and how it grew against the period before. The newest period is not over yet.
chart: { kind: line, x: period_start, y: revenue }
parameters:
  - { name: period, label: Period, type: text, default: monthly, values: "SELECT unnest(ARRAY['daily', 'weekly', 'monthly', 'quarterly'])" }
  - { name: country, label: Country, type: text, default: null, values: SELECT country FROM dim_geography ORDER BY 1 }
columns:
  - { name: period_value, label: Period, format: text }
  - { name: period_start, label: Begins, format: date }
  - { name: sales, label: Sales, format: integer }
  - { name: revenue, label: Revenue, format: money }
  - { name: quantity, label: Pieces, format: decimal }
  - { name: growth_rate, label: Growth in percent, format: decimal }
*/
WITH periods AS (
  SELECT period_value, period_start, sum(total_sales) AS sales, sum(total_revenue) AS revenue, sum(total_quantity) AS quantity
  FROM sales_trends WHERE period_type = :period AND (:country IS NULL OR country = :country) GROUP BY period_value, period_start
), compared AS (
  SELECT *, lag(revenue) OVER (ORDER BY period_start) AS before FROM periods
)
SELECT period_value, period_start, sales, revenue, quantity, CASE WHEN before > 0 THEN round(100 * (revenue - before) / before, 2) END AS growth_rate
FROM compared ORDER BY period_start
