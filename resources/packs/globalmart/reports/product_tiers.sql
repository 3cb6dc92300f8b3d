/*
title: Product tiers
description: "Products by tier at the newest analysis date. The score is 40 × revenue + 30 × conversion + 20 × quantity + 10 × views, each as a share of the best product's."
chart: { kind: bar, x: performance_tier, y: products }
columns:
  - { name: performance_tier, label: Tier, format: text }
  - { name: products, label: Products, format: integer }
  - { name: revenue, label: Revenue, format: money }
  - { name: share_of_revenue, label: Share of revenue, format: percent }
  - { name: avg_score, label: Average score, format: decimal }
reconciliation:
  - label: Revenue of the tiers = revenue of all sales
    sum_of: revenue
    equals: SELECT sum(total_revenue) FROM fact_sales
*/
SELECT performance_tier, count(*) AS products, sum(total_revenue) AS revenue, round(sum(total_revenue) / nullif(sum(sum(total_revenue)) OVER (), 0), 4) AS share_of_revenue,
  round(avg(performance_score), 2) AS avg_score
FROM product_performance WHERE analysis_date = (SELECT max(analysis_date) FROM product_performance)
GROUP BY performance_tier ORDER BY min(performance_score) DESC
