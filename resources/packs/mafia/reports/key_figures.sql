/*
title: Key figures
description: The platform in eight numbers.
columns:
  - { name: name, label: Name, format: text }
  - { name: label, label: Figure, format: text }
  - { name: value, label: Value, format: text }
  - { name: format, label: Format, format: text }
  - { name: definition, label: Definition, format: text }
*/
WITH people AS (
  SELECT count(*) AS users, count(*) FILTER (WHERE last_login_days_ago < 7) AS active, count(*) FILTER (WHERE games_played > 0) AS players FROM user_features_view
), games AS (
  SELECT count(*) AS games, count(*) FILTER (WHERE end_time IS NULL) AS running, avg(duration_minutes) AS minutes,
    count(*) FILTER (WHERE winner_faction = 'mafia') AS by_mafia, count(winner_faction) AS decided FROM fact_games
), coins AS (
  SELECT coalesce(sum(amount), 0) AS balance FROM fact_transactions
)
SELECT f.name, f.label, f.value, f.format, f.definition
FROM people p CROSS JOIN games g CROSS JOIN coins c CROSS JOIN LATERAL (VALUES
  (1, 'users', 'Users', p.users::text, 'integer', 'Accounts that exist now.'),
  (2, 'active_users', 'Active in 7 days', p.active::text, 'integer', 'Users with a login in the 7 days before the newest fact.'),
  (3, 'players', 'Players', p.players::text, 'integer', 'Users who ever sat down for a game that began.'),
  (4, 'games', 'Games', g.games::text, 'integer', 'All games, those still played included.'),
  (5, 'running', 'Running games', g.running::text, 'integer', 'Games without an end.'),
  (6, 'duration', 'Average length (minutes)', round(g.minutes, 1)::text, 'decimal', 'Mean length of finished games.'),
  (7, 'mafia_wins', 'Won by the mafia', round(g.by_mafia::numeric / nullif(g.decided, 0), 4)::text, 'percent', 'Share of finished games that the mafia won; a draw counts as not won.'),
  (8, 'coins', 'Coins in hand', c.balance::text, 'money', 'Sum of all transactions: what was added less what was subtracted.')
) AS f(position, name, label, value, format, definition)
ORDER BY f.position
