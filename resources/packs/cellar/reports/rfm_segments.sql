/*
title: RFM segments
description: "Customers by segment. Method: fixed bins, half-open [a, b), by the settings rfm.*; the first rule of rfm_segments.csv that fits. As of the newest day of the data."
chart: { kind: bar, x: segment, y: customers }
columns:
  - { name: segment, label: Segment, format: text }
  - { name: customers, label: Customers, format: integer }
  - { name: share_of_customers, label: Share of customers, format: percent }
  - { name: revenue, label: Turnover (HT), format: money }
  - { name: share_of_revenue, label: Share of turnover, format: percent }
  - { name: avg_recency_days, label: Average recency (days), format: decimal }
  - { name: avg_orders, label: Average orders, format: decimal }
reconciliation:
  - label: Customers in segments = customers with a profile
    sum_of: customers
    equals: SELECT count(*) FROM client_master_profile
  - label: Turnover of segments = order lines
    sum_of: revenue
    equals: SELECT sum(amount_ht) FROM order_line
*/
SELECT p.segment, count(*) AS customers, round(count(*) / sum(count(*)) OVER (), 4) AS share_of_customers, sum(p.ca_ht) AS revenue,
  round(sum(p.ca_ht) / nullif(sum(sum(p.ca_ht)) OVER (), 0), 4) AS share_of_revenue, round(avg(p.recence_jours), 1) AS avg_recency_days, round(avg(p.nb_commandes), 1) AS avg_orders
FROM client_master_profile p LEFT JOIN rfm_segment s USING (segment)
GROUP BY p.segment, s.position ORDER BY s.position NULLS LAST, p.segment
