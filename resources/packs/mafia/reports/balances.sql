/*
title: Balances
description: Coins earned, spent and left, by user; users with no transaction are left out. The name is the newest one.
columns:
  - { name: username, label: User, format: text }
  - { name: earned, label: Earned, format: money }
  - { name: spent, label: Spent, format: money }
  - { name: balance, label: Balance, format: money }
  - { name: transactions, label: Transactions, format: integer }
  - { name: last_at, label: Last transaction, format: datetime }
  - { name: user_id, label: User id, format: text }
reconciliation:
  - label: Sum of balances = sum of all transactions
    sum_of: balance
    equals: SELECT sum(amount) FROM fact_transactions
*/
WITH users AS (
  SELECT DISTINCT ON (user_id) user_id, username FROM dim_users ORDER BY user_id, effective_from DESC
), coins AS (
  SELECT user_id, coalesce(sum(amount) FILTER (WHERE amount > 0), 0) AS earned, coalesce(-sum(amount) FILTER (WHERE amount < 0), 0) AS spent,
    sum(amount) AS balance, count(*) AS transactions, max(occurred_at) AS last_at
  FROM fact_transactions GROUP BY user_id
)
SELECT u.username, c.earned, c.spent, c.balance, c.transactions, c.last_at, c.user_id
FROM coins c LEFT JOIN users u USING (user_id)
ORDER BY c.balance DESC, c.user_id
