/*
title: Customer segments
description: What the RFM segments and the countries are like, at the newest analysis date. Customers with at least one purchase.
columns:
  - { name: segment_type, label: Kind, format: text }
  - { name: segment_name, label: Segment, format: text }
  - { name: customer_count, label: Customers, format: integer }
  - { name: total_revenue, label: Revenue, format: money }
  - { name: avg_revenue_per_customer, label: Revenue per customer, format: money }
  - { name: total_transactions, label: Purchases, format: integer }
  - { name: avg_transactions_per_customer, label: Purchases per customer, format: decimal }
  - { name: avg_order_value, label: Average order, format: money }
  - { name: avg_recency_days, label: Days since the last purchase, format: decimal }
  - { name: primary_country, label: Most of them in, format: text }
reconciliation:
  - label: Customers of both kinds = twice the customers with a purchase
    sum_of: customer_count
    equals: SELECT 2 * count(DISTINCT user_id) FROM fact_sales WHERE user_id IS NOT NULL AND quantity > 0
*/
SELECT segment_type, segment_name, customer_count, total_revenue, avg_revenue_per_customer, total_transactions, avg_transactions_per_customer, avg_order_value,
  avg_recency_days, primary_country
FROM customer_segments WHERE analysis_date = (SELECT max(analysis_date) FROM customer_segments)
ORDER BY segment_type DESC, total_revenue DESC, segment_name
