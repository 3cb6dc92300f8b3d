/*
title: Coins by reason
description: What coins are earned with and spent on.
chart: { kind: bar, x: reason, y: total }
columns:
  - { name: reason, label: Reason, format: text }
  - { name: transactions, label: Transactions, format: integer }
  - { name: users, label: Users, format: integer }
  - { name: added, label: Added, format: money }
  - { name: subtracted, label: Subtracted, format: money }
  - { name: total, label: Balance, format: money }
reconciliation:
  - label: Sum of reasons = sum of all transactions
    sum_of: total
    equals: SELECT sum(amount) FROM fact_transactions
*/
SELECT coalesce(description, 'no reason given') AS reason, count(*) AS transactions, count(DISTINCT user_id) AS users,
  coalesce(sum(amount) FILTER (WHERE amount > 0), 0) AS added, coalesce(-sum(amount) FILTER (WHERE amount < 0), 0) AS subtracted, sum(amount) AS total
FROM fact_transactions GROUP BY 1 ORDER BY total DESC, reason
