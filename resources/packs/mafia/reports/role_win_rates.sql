/*
title: Win rates by role
description: How often each role wins and survives, over finished games. A draw is won by nobody.
chart: { kind: bar, x: role, y: win_rate }
columns:
  - { name: role, label: Role, format: text }
  - { name: role_type, label: Side, format: text }
  - { name: sessions, label: Players, format: integer }
  - { name: won, label: Won, format: integer }
  - { name: win_rate, label: Win rate, format: percent }
  - { name: survival_rate, label: Survived, format: percent }
  - { name: actions_per_game, label: Actions per game, format: decimal }
  - { name: votes_per_game, label: Votes per game, format: decimal }
reconciliation:
  - label: Players by role = sessions of finished games
    sum_of: sessions
    equals: SELECT count(*) FROM fact_player_sessions JOIN fact_games USING (game_id) WHERE end_time IS NOT NULL
*/
SELECT coalesce(s.role_assigned, 'none') AS role, r.role_type, count(*) AS sessions, count(*) FILTER (WHERE s.is_winner) AS won,
  round(count(*) FILTER (WHERE s.is_winner)::numeric / nullif(count(s.is_winner), 0), 4) AS win_rate,
  round(count(*) FILTER (WHERE s.survived_until_end)::numeric / nullif(count(s.survived_until_end), 0), 4) AS survival_rate,
  round(avg(s.actions_taken), 2) AS actions_per_game, round(avg(s.votes_cast), 2) AS votes_per_game
FROM fact_player_sessions s JOIN fact_games g USING (game_id) LEFT JOIN dim_roles r ON r.role_name = s.role_assigned
WHERE g.end_time IS NOT NULL
GROUP BY s.role_assigned, r.role_type ORDER BY win_rate DESC NULLS LAST, role
