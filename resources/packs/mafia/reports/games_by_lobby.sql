/*
title: Total games by lobby
description: How often each lobby played, lobbies without a game included. Two lobbies of one name are two lines.
columns:
  - { name: lobby_name, label: Lobby, format: text }
  - { name: status, label: Status, format: text }
  - { name: total_games, label: Games, format: integer }
  - { name: completed_games, label: Completed, format: integer }
  - { name: players, label: Different players, format: integer }
  - { name: avg_duration_minutes, label: Average length (minutes), format: decimal }
  - { name: lobby_id, label: Lobby id, format: text }
reconciliation:
  - label: Sum of lobbies = all games
    sum_of: total_games
    equals: SELECT count(*) FROM fact_games
*/
WITH games AS (
  SELECT lobby_id, count(*) AS total_games, count(end_time) AS completed_games, round(avg(duration_minutes), 1) AS avg_duration_minutes
  FROM fact_games GROUP BY lobby_id
), sessions AS (
  SELECT lobby_id, count(DISTINCT user_id) AS players FROM fact_player_sessions GROUP BY lobby_id
)
SELECT l.lobby_name, l.status, coalesce(g.total_games, 0) AS total_games, coalesce(g.completed_games, 0) AS completed_games,
  coalesce(s.players, 0) AS players, g.avg_duration_minutes, l.lobby_id
FROM dim_lobbies l LEFT JOIN games g USING (lobby_id) LEFT JOIN sessions s USING (lobby_id)
ORDER BY total_games DESC, l.lobby_name, l.lobby_id
