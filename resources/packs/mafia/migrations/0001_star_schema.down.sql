DROP VIEW etl_run_log, time_span;
DROP TABLE fact_game_actions, fact_access_events, fact_transactions, fact_player_sessions, fact_games, dim_time, dim_roles, dim_lobbies, dim_users;
