-- Star schema of the game platform. Table and column names are the customer's; what is ours beside them: surrogate keys of users
-- (user_sk), the natural key of each fact (source_system, source_id), and the four columns of a version.

CREATE TABLE dim_users (
  user_sk bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  user_id varchar(255) NOT NULL,
  username varchar(255) NOT NULL,
  email varchar(255),
  created_at timestamptz NOT NULL,
  last_updated timestamptz,
  effective_from timestamptz NOT NULL,
  effective_to timestamptz NOT NULL,
  is_current boolean NOT NULL,
  record_hash text NOT NULL,
  valid_from timestamptz GENERATED ALWAYS AS (effective_from) STORED,
  valid_to timestamptz GENERATED ALWAYS AS (
    CASE WHEN effective_to = timestamptz '9999-12-31 00:00:00+00' THEN timestamptz '9999-12-31 23:59:59+00' ELSE effective_to END) STORED,
  CHECK (effective_from < effective_to),
  UNIQUE (user_id, effective_from)
);
CREATE UNIQUE INDEX dim_users_current ON dim_users (user_id) WHERE is_current;
COMMENT ON TABLE dim_users IS 'Users, SCD Type 2: another name or mail address opens a version; a deleted account is closed by the next full load';
COMMENT ON COLUMN dim_users.user_sk IS 'Surrogate key of the version; facts carry the one that was valid at their time';
COMMENT ON COLUMN dim_users.user_id IS 'The user service''s id; unique among current versions';
COMMENT ON COLUMN dim_users.username IS 'Name in this version';
COMMENT ON COLUMN dim_users.email IS 'Mail address in this version';
COMMENT ON COLUMN dim_users.created_at IS 'When the account was made';
COMMENT ON COLUMN dim_users.last_updated IS 'The service''s own stamp of the last change';
COMMENT ON COLUMN dim_users.effective_from IS 'Start of the version, inclusive: when the change happened, and the account''s own start for the first';
COMMENT ON COLUMN dim_users.effective_to IS 'End of the version, exclusive; 9999-12-31 for the current one';
COMMENT ON COLUMN dim_users.is_current IS 'One version per user, none for a deleted account';
COMMENT ON COLUMN dim_users.record_hash IS 'Digest of name and mail address';
COMMENT ON COLUMN dim_users.valid_from IS 'effective_from by its customary name';
COMMENT ON COLUMN dim_users.valid_to IS 'effective_to by its customary name; 9999-12-31 23:59:59 for the current version';

CREATE TABLE dim_lobbies (
  lobby_id varchar(255) PRIMARY KEY,
  lobby_name varchar(255) NOT NULL,
  max_players integer NOT NULL,
  status varchar(50),
  created_at timestamptz NOT NULL,
  created_by_user_id varchar(255),
  last_updated timestamptz
);
CREATE INDEX dim_lobbies_by_creator ON dim_lobbies (created_by_user_id);
COMMENT ON TABLE dim_lobbies IS 'Lobbies as they are now';
COMMENT ON COLUMN dim_lobbies.lobby_id IS 'The game service''s id';
COMMENT ON COLUMN dim_lobbies.lobby_name IS 'Two lobbies may have one name';
COMMENT ON COLUMN dim_lobbies.max_players IS 'Seats, 3 to 30';
COMMENT ON COLUMN dim_lobbies.status IS 'OPEN, IN_GAME or CLOSED';
COMMENT ON COLUMN dim_lobbies.created_at IS 'When it was opened';
COMMENT ON COLUMN dim_lobbies.created_by_user_id IS 'The user who opened it';
COMMENT ON COLUMN dim_lobbies.last_updated IS 'The service''s own stamp of the last change';

CREATE TABLE dim_roles (
  role_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  role_name varchar(50) NOT NULL UNIQUE,
  role_type varchar(50) NOT NULL,
  description text
);
COMMENT ON TABLE dim_roles IS 'Roles of the game, kept in reference/dim_roles.csv of the workspace';
COMMENT ON COLUMN dim_roles.role_id IS 'Surrogate key';
COMMENT ON COLUMN dim_roles.role_name IS 'Name in the warehouse, into which the services'' names are translated';
COMMENT ON COLUMN dim_roles.role_type IS 'The side: mafia, citizen or neutral';
COMMENT ON COLUMN dim_roles.description IS 'What the role does';

CREATE TABLE dim_time (
  time_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  full_date date NOT NULL UNIQUE,
  year integer NOT NULL,
  quarter integer NOT NULL,
  month integer NOT NULL,
  week integer NOT NULL,
  iso_year integer NOT NULL,
  day_of_week integer NOT NULL CHECK (day_of_week BETWEEN 0 AND 6),
  day_of_month integer NOT NULL,
  is_weekend boolean NOT NULL
);
COMMENT ON TABLE dim_time IS 'One row per day, from 2024 to 2026 and on to where the facts go';
COMMENT ON COLUMN dim_time.time_id IS 'Surrogate key; says nothing about the order of days';
COMMENT ON COLUMN dim_time.full_date IS 'The day; days of facts are days of UTC';
COMMENT ON COLUMN dim_time.year IS 'Calendar year';
COMMENT ON COLUMN dim_time.quarter IS '1 to 4';
COMMENT ON COLUMN dim_time.month IS '1 to 12';
COMMENT ON COLUMN dim_time.week IS 'ISO week, 1 to 53; belongs to iso_year';
COMMENT ON COLUMN dim_time.iso_year IS 'Year of the ISO week; differs from year around New Year';
COMMENT ON COLUMN dim_time.day_of_week IS '0 = Sunday to 6 = Saturday';
COMMENT ON COLUMN dim_time.day_of_month IS '1 to 31';
COMMENT ON COLUMN dim_time.is_weekend IS 'Saturday or Sunday';

CREATE TABLE fact_games (
  game_id varchar(255) PRIMARY KEY,
  lobby_id varchar(255) NOT NULL REFERENCES dim_lobbies,
  start_time timestamptz NOT NULL,
  end_time timestamptz,
  duration_minutes integer CHECK (duration_minutes >= 0),
  total_players integer NOT NULL,
  winner_faction varchar(50) CHECK (winner_faction IN ('mafia', 'citizens', 'draw')),
  total_cycles integer,
  source_system varchar(100) NOT NULL DEFAULT 'game_service',
  source_id varchar(255) NOT NULL,
  etl_loaded_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (source_system, source_id),
  CHECK (end_time >= start_time)
);
CREATE INDEX fact_games_by_lobby ON fact_games (lobby_id);
CREATE INDEX fact_games_by_start ON fact_games (start_time);
COMMENT ON TABLE fact_games IS 'One row per game; a game that is still played has no end, winner and length';
COMMENT ON COLUMN fact_games.game_id IS 'The game service''s id, so that sessions and actions find their game';
COMMENT ON COLUMN fact_games.lobby_id IS 'Where it was played';
COMMENT ON COLUMN fact_games.start_time IS 'When it began';
COMMENT ON COLUMN fact_games.end_time IS 'When it ended; null while it is played';
COMMENT ON COLUMN fact_games.duration_minutes IS 'Whole minutes from start to end';
COMMENT ON COLUMN fact_games.total_players IS 'Players at the start';
COMMENT ON COLUMN fact_games.winner_faction IS 'mafia, citizens or draw';
COMMENT ON COLUMN fact_games.total_cycles IS 'Nights that were played';
COMMENT ON COLUMN fact_games.source_system IS 'With source_id the natural key: no row can be loaded twice';
COMMENT ON COLUMN fact_games.source_id IS 'The row''s id at the source';
COMMENT ON COLUMN fact_games.etl_loaded_at IS 'When the row first came';

CREATE TABLE fact_player_sessions (
  session_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  user_id varchar(255) NOT NULL,
  user_sk bigint REFERENCES dim_users,
  lobby_id varchar(255) NOT NULL REFERENCES dim_lobbies,
  game_id varchar(255) REFERENCES fact_games,
  role_assigned varchar(50),
  joined_at timestamptz NOT NULL,
  left_at timestamptz,
  is_winner boolean,
  survived_until_end boolean,
  actions_taken integer NOT NULL DEFAULT 0,
  votes_cast integer NOT NULL DEFAULT 0,
  source_system varchar(100) NOT NULL DEFAULT 'game_service',
  source_id varchar(255) NOT NULL,
  etl_loaded_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (source_system, source_id)
);
CREATE INDEX fact_player_sessions_by_user ON fact_player_sessions (user_id, joined_at);
CREATE INDEX fact_player_sessions_by_time ON fact_player_sessions (joined_at);
CREATE INDEX fact_player_sessions_by_lobby ON fact_player_sessions (lobby_id);
CREATE INDEX fact_player_sessions_by_game ON fact_player_sessions (game_id);
COMMENT ON TABLE fact_player_sessions IS 'One row per player who sat down for a game';
COMMENT ON COLUMN fact_player_sessions.session_id IS 'Surrogate key';
COMMENT ON COLUMN fact_player_sessions.user_id IS 'The player';
COMMENT ON COLUMN fact_player_sessions.user_sk IS 'The player''s version at joined_at; null while the user service has not told of the user';
COMMENT ON COLUMN fact_player_sessions.lobby_id IS 'Where the player sat down';
COMMENT ON COLUMN fact_player_sessions.game_id IS 'The first game that began while the player was there; null before it begins';
COMMENT ON COLUMN fact_player_sessions.role_assigned IS 'dim_roles.role_name; a role that nobody translated stands as the service wrote it';
COMMENT ON COLUMN fact_player_sessions.joined_at IS 'When the player sat down';
COMMENT ON COLUMN fact_player_sessions.left_at IS 'When the player left; null while there';
COMMENT ON COLUMN fact_player_sessions.is_winner IS 'The player''s side won; null before the end, and for a role without side';
COMMENT ON COLUMN fact_player_sessions.survived_until_end IS 'False once dead, true when alive at the end, null between';
COMMENT ON COLUMN fact_player_sessions.actions_taken IS 'Kills, heals and visits in this game, votes left out';
COMMENT ON COLUMN fact_player_sessions.votes_cast IS 'Votes in this game';
COMMENT ON COLUMN fact_player_sessions.source_system IS 'With source_id the natural key: no row can be loaded twice';
COMMENT ON COLUMN fact_player_sessions.source_id IS 'The row''s id at the source';
COMMENT ON COLUMN fact_player_sessions.etl_loaded_at IS 'When the row first came';

CREATE TABLE fact_transactions (
  transaction_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  user_id varchar(255) NOT NULL,
  user_sk bigint REFERENCES dim_users,
  transaction_type varchar(50) NOT NULL,
  amount numeric(10,2) NOT NULL,
  currency_type varchar(50) NOT NULL DEFAULT 'coins',
  description text,
  occurred_at timestamptz NOT NULL,
  source_system varchar(100) NOT NULL DEFAULT 'user_service',
  source_id varchar(255) NOT NULL,
  etl_loaded_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (source_system, source_id),
  CHECK (transaction_type IN ('ADD', 'SUBTRACT')),
  CHECK ((transaction_type = 'ADD') = (amount > 0))
);
CREATE INDEX fact_transactions_by_user ON fact_transactions (user_id, occurred_at);
CREATE INDEX fact_transactions_by_time ON fact_transactions (occurred_at);
COMMENT ON TABLE fact_transactions IS 'One row per currency transaction; the sum of amounts is the balance';
COMMENT ON COLUMN fact_transactions.transaction_id IS 'Surrogate key';
COMMENT ON COLUMN fact_transactions.user_id IS 'Whose coins';
COMMENT ON COLUMN fact_transactions.user_sk IS 'The user''s version at occurred_at';
COMMENT ON COLUMN fact_transactions.transaction_type IS 'ADD or SUBTRACT, as the user service says';
COMMENT ON COLUMN fact_transactions.amount IS 'Signed: what is added is positive, what is subtracted negative';
COMMENT ON COLUMN fact_transactions.currency_type IS 'coins';
COMMENT ON COLUMN fact_transactions.description IS 'The reason: DAILY_BONUS, GAME_REWARD, PURCHASE, GIFT, QUEST_COMPLETION, LOGIN_BONUS';
COMMENT ON COLUMN fact_transactions.occurred_at IS 'When it happened';
COMMENT ON COLUMN fact_transactions.source_system IS 'With source_id the natural key: no row can be loaded twice';
COMMENT ON COLUMN fact_transactions.source_id IS 'The row''s id at the source';
COMMENT ON COLUMN fact_transactions.etl_loaded_at IS 'When the row first came';

CREATE TABLE fact_access_events (
  event_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  user_id varchar(255) NOT NULL,
  user_sk bigint REFERENCES dim_users,
  event_type varchar(50) NOT NULL CHECK (event_type IN ('login', 'logout', 'session_start')),
  device_type varchar(100),
  ip_address varchar(45),
  country varchar(100),
  occurred_at timestamptz NOT NULL,
  source_system varchar(100) NOT NULL DEFAULT 'user_service',
  source_id varchar(255) NOT NULL,
  etl_loaded_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (source_system, source_id)
);
CREATE INDEX fact_access_events_by_user ON fact_access_events (user_id, occurred_at);
CREATE INDEX fact_access_events_by_time ON fact_access_events (occurred_at);
COMMENT ON TABLE fact_access_events IS 'One row for each time that somebody was seen';
COMMENT ON COLUMN fact_access_events.event_id IS 'Surrogate key';
COMMENT ON COLUMN fact_access_events.user_id IS 'Who';
COMMENT ON COLUMN fact_access_events.user_sk IS 'The user''s version at occurred_at';
COMMENT ON COLUMN fact_access_events.event_type IS 'login: the user service tells of nothing else';
COMMENT ON COLUMN fact_access_events.device_type IS 'WEB, ANDROID, IOS or DESKTOP; null where the device is not known';
COMMENT ON COLUMN fact_access_events.ip_address IS 'Address, version 4 or 6';
COMMENT ON COLUMN fact_access_events.country IS 'Country of the address, two letters';
COMMENT ON COLUMN fact_access_events.occurred_at IS 'When';
COMMENT ON COLUMN fact_access_events.source_system IS 'With source_id the natural key: no row can be loaded twice';
COMMENT ON COLUMN fact_access_events.source_id IS 'The row''s id at the source';
COMMENT ON COLUMN fact_access_events.etl_loaded_at IS 'When the row first came';

CREATE TABLE fact_game_actions (
  action_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  game_id varchar(255) NOT NULL REFERENCES fact_games,
  lobby_id varchar(255) NOT NULL REFERENCES dim_lobbies,
  cycle_number integer NOT NULL,
  cycle_type varchar(20) NOT NULL CHECK (cycle_type IN ('day', 'night')),
  actor_user_id varchar(255) NOT NULL,
  actor_user_sk bigint REFERENCES dim_users,
  target_user_id varchar(255),
  action_type varchar(50) NOT NULL CHECK (action_type IN ('vote', 'kill', 'investigate', 'heal')),
  action_result varchar(50) CHECK (action_result IN ('success', 'blocked', 'failed')),
  occurred_at timestamptz NOT NULL,
  source_system varchar(100) NOT NULL DEFAULT 'game_service',
  source_id varchar(255) NOT NULL,
  etl_loaded_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (source_system, source_id)
);
CREATE INDEX fact_game_actions_by_game ON fact_game_actions (game_id);
CREATE INDEX fact_game_actions_by_actor ON fact_game_actions (actor_user_id);
CREATE INDEX fact_game_actions_by_time ON fact_game_actions (occurred_at);
COMMENT ON TABLE fact_game_actions IS 'One row per kill, heal, visit and vote';
COMMENT ON COLUMN fact_game_actions.action_id IS 'Surrogate key';
COMMENT ON COLUMN fact_game_actions.game_id IS 'The game';
COMMENT ON COLUMN fact_game_actions.lobby_id IS 'The game''s lobby';
COMMENT ON COLUMN fact_game_actions.cycle_number IS 'Night and day of one number make a cycle';
COMMENT ON COLUMN fact_game_actions.cycle_type IS 'day or night';
COMMENT ON COLUMN fact_game_actions.actor_user_id IS 'Who acted';
COMMENT ON COLUMN fact_game_actions.actor_user_sk IS 'The actor''s version at occurred_at; null while the user service has not told of the user';
COMMENT ON COLUMN fact_game_actions.target_user_id IS 'Whom it was done to';
COMMENT ON COLUMN fact_game_actions.action_type IS 'vote, kill, investigate (a visit) or heal';
COMMENT ON COLUMN fact_game_actions.action_result IS 'success; blocked: a kill that the doctor prevented; failed: no effect, such as a vote for somebody who stayed';
COMMENT ON COLUMN fact_game_actions.occurred_at IS 'When';
COMMENT ON COLUMN fact_game_actions.source_system IS 'With source_id the natural key: no row can be loaded twice';
COMMENT ON COLUMN fact_game_actions.source_id IS 'Table and id at the source, as Vote/…';
COMMENT ON COLUMN fact_game_actions.etl_loaded_at IS 'When the row first came';

CREATE VIEW time_span AS
SELECT day FROM (VALUES (date '2024-01-01'), (date '2026-12-31')) AS always(day)
UNION SELECT (d.at AT TIME ZONE 'UTC')::date FROM (
  SELECT unnest(ARRAY[min(start_time), max(start_time), max(end_time)]) AS at FROM fact_games
  UNION ALL SELECT unnest(ARRAY[min(joined_at), max(joined_at)]) FROM fact_player_sessions
  UNION ALL SELECT unnest(ARRAY[min(occurred_at), max(occurred_at)]) FROM fact_transactions
  UNION ALL SELECT unnest(ARRAY[min(occurred_at), max(occurred_at)]) FROM fact_access_events
  UNION ALL SELECT unnest(ARRAY[min(occurred_at), max(occurred_at)]) FROM fact_game_actions
) d WHERE d.at IS NOT NULL;
COMMENT ON VIEW time_span IS 'First and last days of the facts, and of the years that dim_time always has';
COMMENT ON COLUMN time_span.day IS 'A day of UTC';

CREATE VIEW etl_run_log AS
SELECT run_id, source_system, table_name, run_start_time, run_end_time, records_extracted, records_loaded, status, error_message, last_extracted_timestamp
FROM quintile.etl_run_log;
COMMENT ON VIEW etl_run_log IS 'One row per table and run, out of the run book, as far back as that is kept';
COMMENT ON COLUMN etl_run_log.run_id IS 'Number of the row';
COMMENT ON COLUMN etl_run_log.source_system IS 'user_service or game_service; “warehouse” for what comes from neither';
COMMENT ON COLUMN etl_run_log.table_name IS 'The target table';
COMMENT ON COLUMN etl_run_log.run_start_time IS 'UTC';
COMMENT ON COLUMN etl_run_log.run_end_time IS 'UTC; null while it runs';
COMMENT ON COLUMN etl_run_log.records_extracted IS 'Rows read; 0 unless it succeeded, since nothing of another is kept';
COMMENT ON COLUMN etl_run_log.records_loaded IS 'Rows that the target holds afterwards; extracted less loaded are the rejects';
COMMENT ON COLUMN etl_run_log.status IS 'running, success or failed';
COMMENT ON COLUMN etl_run_log.error_message IS 'Why it failed; null otherwise';
COMMENT ON COLUMN etl_run_log.last_extracted_timestamp IS 'The largest source stamp loaded so far, never the clock';
