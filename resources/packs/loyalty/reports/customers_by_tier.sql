/*
title: Customers by tier and status
description: How many customers each tier has, what they are worth and how likely they are to leave.
chart: { kind: stacked-bar, x: customer_tier, y: customers, series: customer_status }
columns:
  - { name: customer_tier, label: Tier, format: text }
  - { name: customer_status, label: Status, format: text }
  - { name: customers, label: Customers, format: integer }
  - { name: revenue, label: Revenue, format: money }
  - { name: avg_lifetime_value, label: Average lifetime value, format: money }
  - { name: avg_churn_score, label: Average churn score, format: decimal }
reconciliation:
  - label: Customers by tier = customers with features
    sum_of: customers
    equals: SELECT count(*) FROM customer_features_view
*/
SELECT coalesce(customer_tier, 'none') AS customer_tier, customer_status, count(*) AS customers, sum(total_revenue) AS revenue,
  round(avg(lifetime_value), 2) AS avg_lifetime_value, round(avg(churn_score), 4) AS avg_churn_score
FROM customer_features_view GROUP BY customer_tier, customer_status ORDER BY max(lifetime_value) DESC, customer_status
