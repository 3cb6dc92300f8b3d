/*
title: User activity summary
description: What each user joined and what is left of their coins. Sessions and transactions are added up apart, so that no transaction counts once per session.
columns:
  - { name: username, label: User, format: text }
  - { name: lobbies_joined, label: Lobbies joined, format: integer }
  - { name: games_played, label: Games, format: integer }
  - { name: transactions, label: Transactions, format: integer }
  - { name: total_transactions, label: Sum of transactions, format: money }
  - { name: logins, label: Logins, format: integer }
  - { name: user_id, label: User id, format: text }
reconciliation:
  - label: Sum of users = sum of all transactions
    sum_of: total_transactions
    equals: SELECT sum(amount) FROM fact_transactions
  - label: Logins of users = all logins
    sum_of: logins
    equals: SELECT count(*) FROM fact_access_events
*/
-- The newest version of each user; accounts that are gone did things too.
WITH users AS (
  SELECT DISTINCT ON (user_id) user_id, username FROM dim_users ORDER BY user_id, effective_from DESC
), sessions AS (
  SELECT user_id, count(DISTINCT lobby_id) AS lobbies_joined, count(DISTINCT game_id) AS games_played FROM fact_player_sessions GROUP BY user_id
), coins AS (
  SELECT user_id, count(*) AS transactions, sum(amount) AS total FROM fact_transactions GROUP BY user_id
), logins AS (
  SELECT user_id, count(*) AS logins FROM fact_access_events GROUP BY user_id
)
SELECT u.username, coalesce(s.lobbies_joined, 0) AS lobbies_joined, coalesce(s.games_played, 0) AS games_played, coalesce(c.transactions, 0) AS transactions,
  coalesce(c.total, 0) AS total_transactions, coalesce(l.logins, 0) AS logins, u.user_id
FROM users u LEFT JOIN sessions s USING (user_id) LEFT JOIN coins c USING (user_id) LEFT JOIN logins l USING (user_id)
ORDER BY lobbies_joined DESC, games_played DESC, u.username, u.user_id
