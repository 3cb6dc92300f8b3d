/*
title: RFM segments
description: "Customers by RFM segment as of the newest order. Method: quantiles at 20, 40, 60 and 80 %; equal values always score alike, so groups may differ in size."
chart: { kind: bar, x: rfm_segment, y: customers }
columns:
  - { name: rfm_segment, label: Segment, format: text }
  - { name: customers, label: Customers, format: integer }
  - { name: share_of_customers, label: Share of customers, format: percent }
  - { name: revenue, label: Revenue, format: money }
  - { name: share_of_revenue, label: Share of revenue, format: percent }
  - { name: avg_recency_days, label: Average recency (days), format: decimal }
  - { name: avg_orders, label: Average orders, format: decimal }
*/
WITH scored AS (
  {{rfm}}
)
SELECT rfm_segment, count(*) AS customers, round(count(*) / sum(count(*)) OVER (), 4) AS share_of_customers, round(sum(total_spent), 2) AS revenue,
  round(sum(total_spent) / nullif(sum(sum(total_spent)) OVER (), 0), 4) AS share_of_revenue, round(avg(recency_days), 1) AS avg_recency_days,
  round(avg(order_count), 1) AS avg_orders
FROM scored GROUP BY rfm_segment ORDER BY max(rfm_score) DESC
