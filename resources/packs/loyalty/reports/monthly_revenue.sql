/*
title: Monthly revenue
description: Amount of purchases, recharges and subscriptions by month (UTC); redemptions are paid with points and bring none.
chart: { kind: line, x: month, y: revenue }
columns:
  - { name: month, label: Month, format: date }
  - { name: revenue, label: Revenue, format: money }
  - { name: transactions, label: Transactions, format: integer }
  - { name: customers, label: Customers, format: integer }
  - { name: points_earned, label: Points earned, format: decimal }
  - { name: points_redeemed, label: Points redeemed, format: decimal }
reconciliation:
  - label: Sum of months = amount of all transactions but redemptions
    sum_of: revenue
    equals: SELECT sum(transaction_amount) FROM customer_transaction_history WHERE transaction_type <> 'redemption'
  - label: Transactions of the months = all transactions
    sum_of: transactions
    equals: SELECT count(*) FROM customer_transaction_history
*/
SELECT date_trunc('month', transaction_day)::date AS month, coalesce(sum(transaction_amount) FILTER (WHERE transaction_type <> 'redemption'), 0) AS revenue,
  count(*) AS transactions, count(DISTINCT customer_id) AS customers, sum(points_earned) AS points_earned, sum(points_redeemed) AS points_redeemed
FROM customer_transaction_history GROUP BY 1 ORDER BY 1
