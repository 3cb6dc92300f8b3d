/*
title: RFM segments
description: "Customers by RFM segment at the newest analysis date. Method: quantiles at 20, 40, 60 and 80 %; equal values always score alike, so groups may differ in size."
chart: { kind: bar, x: rfm_segment, y: customers }
columns:
  - { name: rfm_segment, label: Segment, format: text }
  - { name: customers, label: Customers, format: integer }
  - { name: share_of_customers, label: Share of customers, format: percent }
  - { name: revenue, label: Revenue, format: money }
  - { name: share_of_revenue, label: Share of revenue, format: percent }
  - { name: avg_recency_days, label: Average recency (days), format: decimal }
  - { name: avg_frequency, label: Average orders, format: decimal }
reconciliation:
  - label: Customers in segments = customers with a purchase
    sum_of: customers
    equals: SELECT count(DISTINCT user_id) FROM fact_sales WHERE user_id IS NOT NULL AND quantity > 0
*/
WITH latest AS (
  SELECT * FROM rfm_analysis WHERE analysis_date = (SELECT max(analysis_date) FROM rfm_analysis)
)
SELECT rfm_segment, count(*) AS customers, round(count(*) / sum(count(*)) OVER (), 4) AS share_of_customers,
  round(sum(monetary_value), 2) AS revenue, round(sum(monetary_value) / nullif(sum(sum(monetary_value)) OVER (), 0), 4) AS share_of_revenue,
  round(avg(recency_days), 1) AS avg_recency_days, round(avg(frequency_count), 1) AS avg_frequency
FROM latest GROUP BY rfm_segment ORDER BY max(rfm_score) DESC
