/*
title: RFM segments
description: "Customers by RFM segment. Fixed limits: days 30, 60, 90, 180; transactions 20, 10, 5, 2; revenue 1000, 500, 200, 100. The three digits name the segment."
chart: { kind: bar, x: rfm_segment, y: customers }
columns:
  - { name: rfm_segment, label: Segment, format: text }
  - { name: customers, label: Customers, format: integer }
  - { name: share_of_customers, label: Share of customers, format: percent }
  - { name: revenue, label: Revenue, format: money }
  - { name: avg_recency_days, label: Average recency (days), format: decimal }
  - { name: avg_frequency, label: Average transactions, format: decimal }
reconciliation:
  - label: Customers in segments = customers with features
    sum_of: customers
    equals: SELECT count(*) FROM customer_features_view
  - label: Revenue of segments = revenue of all customers
    sum_of: revenue
    equals: SELECT sum(total_revenue) FROM customer_features_view
*/
SELECT rfm_segment, count(*) AS customers, round(count(*) / sum(count(*)) OVER (), 4) AS share_of_customers, sum(monetary_value) AS revenue,
  round(avg(recency_days), 1) AS avg_recency_days, round(avg(frequency_count), 1) AS avg_frequency
FROM customer_rfm_view GROUP BY rfm_segment ORDER BY max(rfm_score) DESC, rfm_segment
