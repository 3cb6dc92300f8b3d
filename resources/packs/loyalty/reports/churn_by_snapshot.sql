/*
title: Churn over time
description: Customers in each snapshot, and how many of them had left by then.
chart: { kind: line, x: snapshot_date, y: churn_rate }
columns:
  - { name: snapshot_date, label: Snapshot, format: date }
  - { name: customers, label: Customers, format: integer }
  - { name: churned, label: Left by then, format: integer }
  - { name: churn_rate, label: Share that left, format: percent }
  - { name: avg_churn_score, label: Average churn score, format: decimal }
reconciliation:
  - label: Customers of the snapshots = all rows
    sum_of: customers
    equals: SELECT count(*) FROM customer_churn_history
*/
SELECT snapshot_date, count(*) AS customers, count(*) FILTER (WHERE churned) AS churned, round(count(*) FILTER (WHERE churned)::numeric / count(*), 4) AS churn_rate,
  round(avg(churn_score), 4) AS avg_churn_score
FROM customer_churn_history GROUP BY snapshot_date ORDER BY snapshot_date
