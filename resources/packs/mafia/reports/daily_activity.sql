/*
title: Activity by day
description: Users seen, players, games and coins for each day with facts and the days between. Days of UTC.
chart: { kind: line, x: day, y: users_seen }
columns:
  - { name: day, label: Day, format: date }
  - { name: weekend, label: Weekend, format: boolean }
  - { name: users_seen, label: Users seen, format: integer }
  - { name: logins, label: Logins, format: integer }
  - { name: players, label: Players, format: integer }
  - { name: games, label: Games begun, format: integer }
  - { name: added, label: Coins added, format: money }
  - { name: subtracted, label: Coins subtracted, format: money }
reconciliation:
  - label: Sum of days = all logins
    sum_of: logins
    equals: SELECT count(*) FROM fact_access_events
  - label: Sum of days = all games
    sum_of: games
    equals: SELECT count(*) FROM fact_games
*/
WITH access AS (
  SELECT (occurred_at AT TIME ZONE 'UTC')::date AS day, count(*) AS logins, count(DISTINCT user_id) AS users_seen FROM fact_access_events GROUP BY 1
), sessions AS (
  SELECT (joined_at AT TIME ZONE 'UTC')::date AS day, count(DISTINCT user_id) AS players FROM fact_player_sessions GROUP BY 1
), games AS (
  SELECT (start_time AT TIME ZONE 'UTC')::date AS day, count(*) AS games FROM fact_games GROUP BY 1
), coins AS (
  SELECT (occurred_at AT TIME ZONE 'UTC')::date AS day, sum(amount) FILTER (WHERE amount > 0) AS added, -sum(amount) FILTER (WHERE amount < 0) AS subtracted
  FROM fact_transactions GROUP BY 1
), span AS (
  SELECT min(day) AS first, max(day) AS last FROM (SELECT day FROM access UNION ALL SELECT day FROM sessions UNION ALL SELECT day FROM games UNION ALL SELECT day FROM coins) d
)
SELECT t.full_date AS day, t.is_weekend AS weekend, coalesce(a.users_seen, 0) AS users_seen, coalesce(a.logins, 0) AS logins, coalesce(s.players, 0) AS players,
  coalesce(g.games, 0) AS games, coalesce(c.added, 0) AS added, coalesce(c.subtracted, 0) AS subtracted
FROM dim_time t JOIN span ON t.full_date BETWEEN span.first AND span.last
LEFT JOIN access a ON a.day = t.full_date LEFT JOIN sessions s ON s.day = t.full_date LEFT JOIN games g ON g.day = t.full_date LEFT JOIN coins c ON c.day = t.full_date
ORDER BY t.full_date
