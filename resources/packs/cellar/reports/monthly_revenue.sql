/*
title: Monthly turnover
description: Turnover without tax, orders and customers by month; credit notes of the month beside it, not deducted.
chart: { kind: line, x: month, y: revenue }
columns:
  - { name: month, label: Month, format: date }
  - { name: revenue, label: Turnover (HT), format: money }
  - { name: orders, label: Orders, format: integer }
  - { name: customers, label: Customers, format: integer }
  - { name: credit_notes, label: Credit notes, format: money }
reconciliation:
  - label: Sum of months = order lines
    sum_of: revenue
    equals: SELECT sum(amount_ht) FROM order_line
  - label: Credit notes of months = all credit notes
    sum_of: credit_notes
    equals: SELECT sum(amount_ht * copies) FROM credit_note
*/
WITH sold AS (
  SELECT date_trunc('month', order_date)::date AS month, sum(amount_ht) AS revenue, count(DISTINCT doc_ref) AS orders, count(DISTINCT customer_code) AS customers FROM order_line GROUP BY 1
), returned AS (
  SELECT date_trunc('month', order_date)::date AS month, sum(amount_ht * copies) AS credit_notes FROM credit_note GROUP BY 1
)
SELECT month, coalesce(revenue, 0) AS revenue, coalesce(orders, 0) AS orders, coalesce(customers, 0) AS customers, coalesce(credit_notes, 0) AS credit_notes
FROM sold FULL JOIN returned USING (month) ORDER BY month
