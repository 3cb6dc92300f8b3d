/*
title: Top customers
description: The hundred customers who brought most, with their RFM segment.
columns:
  - { name: customer_id, label: Customer, format: text }
  - { name: total_spent, label: Revenue, format: money }
  - { name: order_count, label: Orders, format: integer }
  - { name: recency_days, label: Recency (days), format: integer }
  - { name: rfm_score, label: RFM, format: integer }
  - { name: rfm_segment, label: Segment, format: text }
*/
WITH scored AS (
  {{rfm}}
)
SELECT customer_id, round(total_spent, 2) AS total_spent, order_count, recency_days, rfm_score, rfm_segment
FROM scored ORDER BY total_spent DESC, customer_id LIMIT 100
