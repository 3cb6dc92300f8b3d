/*
title: Conversion funnel
description: Visits by month, from looking at a product to paying. A visit counts in the month in which it began; purchases without a cart are not part of it.
columns:
  - { name: month, label: Month, format: date }
  - { name: visits, label: Visits with a view, format: integer }
  - { name: carted, label: With something in the cart, format: integer }
  - { name: paid, label: Paid, format: integer }
  - { name: carted_share, label: Carted of visits, format: percent }
  - { name: paid_share, label: Paid of carted, format: percent }
reconciliation:
  - label: Visits = sessions with a view
    sum_of: visits
    equals: SELECT count(DISTINCT session_id) FROM fact_product_views
*/
WITH visits AS (
  SELECT session_id, min(date_id) AS date_id FROM fact_product_views GROUP BY session_id
)
SELECT make_date(d.year, d.month, 1) AS month, count(*) AS visits, count(c.session_id) AS carted, count(*) FILTER (WHERE c.event_type = 'cart_checkout') AS paid,
  round(count(c.session_id)::numeric / count(*), 4) AS carted_share,
  round(count(*) FILTER (WHERE c.event_type = 'cart_checkout')::numeric / nullif(count(c.session_id), 0), 4) AS paid_share
FROM visits v JOIN dim_date d USING (date_id) LEFT JOIN fact_cart_events c USING (session_id)
GROUP BY d.year, d.month ORDER BY d.year, d.month
