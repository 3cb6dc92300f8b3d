/*
title: Cart abandonment
description: Carts by month of their last event, and what was left in the abandoned ones. A cart without an event for 30 minutes is abandoned.
chart: { kind: line, x: month, y: abandonment_rate }
columns:
  - { name: month, label: Month, format: date }
  - { name: carts, label: Carts, format: integer }
  - { name: paid, label: Paid, format: integer }
  - { name: abandoned, label: Abandoned, format: integer }
  - { name: still_open, label: Still open, format: integer }
  - { name: abandonment_rate, label: Abandoned of those ended, format: percent }
  - { name: abandoned_value, label: Left in them, format: money }
reconciliation:
  - label: Carts = sessions with a cart
    sum_of: carts
    equals: SELECT count(DISTINCT session_id) FROM imported.cart_events
*/
SELECT make_date(d.year, d.month, 1) AS month, count(*) AS carts, count(*) FILTER (WHERE event_type = 'cart_checkout') AS paid,
  count(*) FILTER (WHERE is_abandoned) AS abandoned, count(*) FILTER (WHERE event_type = 'cart_open') AS still_open,
  round(count(*) FILTER (WHERE is_abandoned)::numeric / nullif(count(*) FILTER (WHERE event_type <> 'cart_open'), 0), 4) AS abandonment_rate,
  sum(abandonment_value) AS abandoned_value
FROM fact_cart_events JOIN dim_date d USING (date_id) GROUP BY d.year, d.month ORDER BY d.year, d.month
