-- One row per user who has an account now. Each fact is added up by itself before it is joined, so that no row counts twice.
CREATE VIEW user_features_view AS
WITH newest AS (
  SELECT greatest(
    (SELECT max(occurred_at) FROM fact_transactions), (SELECT max(occurred_at) FROM fact_access_events), (SELECT max(joined_at) FROM fact_player_sessions),
    (SELECT max(occurred_at) FROM fact_game_actions), (SELECT max(last_updated) FROM dim_users WHERE is_current)) AS as_of
), coins AS (
  SELECT user_id, count(*) AS transactions, sum(amount) AS balance, coalesce(sum(amount) FILTER (WHERE amount > 0), 0) AS earned,
    coalesce(-sum(amount) FILTER (WHERE amount < 0), 0) AS spent, max(occurred_at) AS last_at
  FROM fact_transactions GROUP BY user_id
), logins AS (
  SELECT e.user_id, count(*) AS logins, count(*) FILTER (WHERE e.occurred_at > n.as_of - interval '30 days') AS logins_last_30_days,
    count(DISTINCT (e.occurred_at AT TIME ZONE 'UTC')::date) AS active_days, max(e.occurred_at) AS last_at, mode() WITHIN GROUP (ORDER BY e.device_type) AS main_device,
    (array_agg(e.country ORDER BY e.occurred_at DESC, e.event_id DESC))[1] AS country
  FROM fact_access_events e CROSS JOIN newest n GROUP BY e.user_id
), play AS (
  SELECT s.user_id, count(DISTINCT s.lobby_id) AS lobbies_joined, count(DISTINCT s.game_id) AS games_played,
    count(DISTINCT s.game_id) FILTER (WHERE s.is_winner) AS games_won, count(DISTINCT s.game_id) FILTER (WHERE s.is_winner IS NOT NULL) AS games_decided,
    count(DISTINCT s.game_id) FILTER (WHERE s.survived_until_end) AS survived, count(DISTINCT s.game_id) FILTER (WHERE s.survived_until_end IS NOT NULL) AS fates,
    count(DISTINCT s.game_id) FILTER (WHERE r.role_type = 'mafia') AS games_as_mafia, mode() WITHIN GROUP (ORDER BY s.role_assigned) AS favourite_role,
    sum(s.actions_taken) AS actions_taken, sum(s.votes_cast) AS votes_cast, max(s.joined_at) AS last_at
  FROM fact_player_sessions s LEFT JOIN dim_roles r ON r.role_name = s.role_assigned GROUP BY s.user_id
), opened AS (
  SELECT created_by_user_id AS user_id, count(*) AS lobbies_created FROM dim_lobbies WHERE created_by_user_id IS NOT NULL GROUP BY created_by_user_id
), names AS (
  SELECT user_id, count(DISTINCT username) AS names_used FROM dim_users GROUP BY user_id
)
SELECT u.user_id AS customer_id, u.username, u.email, extract(day FROM n.as_of - u.created_at)::integer AS account_age_days, names.names_used::integer AS names_used,
  l.country, l.main_device, coalesce(l.logins, 0)::integer AS logins, coalesce(l.logins_last_30_days, 0)::integer AS logins_last_30_days,
  coalesce(l.active_days, 0)::integer AS active_days, extract(day FROM n.as_of - l.last_at)::integer AS last_login_days_ago,
  coalesce(c.transactions, 0)::integer AS transactions, coalesce(c.earned, 0)::numeric(14,2) AS coins_earned, coalesce(c.spent, 0)::numeric(14,2) AS coins_spent,
  coalesce(c.balance, 0)::numeric(14,2) AS balance, extract(day FROM n.as_of - c.last_at)::integer AS last_transaction_days_ago,
  coalesce(p.lobbies_joined, 0)::integer AS lobbies_joined, coalesce(o.lobbies_created, 0)::integer AS lobbies_created,
  coalesce(p.games_played, 0)::integer AS games_played, coalesce(p.games_won, 0)::integer AS games_won,
  (p.games_won::numeric / nullif(p.games_decided, 0))::numeric(5,4) AS win_rate, (p.survived::numeric / nullif(p.fates, 0))::numeric(5,4) AS survival_rate,
  coalesce(p.games_as_mafia, 0)::integer AS games_as_mafia, p.favourite_role, coalesce(p.actions_taken, 0)::integer AS actions_taken,
  coalesce(p.votes_cast, 0)::integer AS votes_cast, extract(day FROM n.as_of - p.last_at)::integer AS last_game_days_ago
FROM dim_users u CROSS JOIN newest n JOIN names USING (user_id)
LEFT JOIN coins c USING (user_id) LEFT JOIN logins l USING (user_id) LEFT JOIN play p USING (user_id) LEFT JOIN opened o USING (user_id)
WHERE u.is_current;
COMMENT ON VIEW user_features_view IS 'One row per user with an account: the features of segments and models, as of the newest fact';
COMMENT ON COLUMN user_features_view.customer_id IS 'user_id';
COMMENT ON COLUMN user_features_view.username IS 'Name now';
COMMENT ON COLUMN user_features_view.email IS 'Mail address now';
COMMENT ON COLUMN user_features_view.account_age_days IS 'Whole days from the account''s start to the newest fact of all';
COMMENT ON COLUMN user_features_view.names_used IS 'Different names over all versions';
COMMENT ON COLUMN user_features_view.country IS 'Country of the last login';
COMMENT ON COLUMN user_features_view.main_device IS 'Platform of most logins; of several the first by name';
COMMENT ON COLUMN user_features_view.logins IS 'Logins in all';
COMMENT ON COLUMN user_features_view.logins_last_30_days IS 'Logins in the 30 days before the newest fact of all';
COMMENT ON COLUMN user_features_view.active_days IS 'Days of UTC with a login';
COMMENT ON COLUMN user_features_view.last_login_days_ago IS 'Whole days from the last login to the newest fact of all; null without any';
COMMENT ON COLUMN user_features_view.transactions IS 'Currency transactions';
COMMENT ON COLUMN user_features_view.coins_earned IS 'Sum of what was added';
COMMENT ON COLUMN user_features_view.coins_spent IS 'Sum of what was subtracted, as a positive number';
COMMENT ON COLUMN user_features_view.balance IS 'coins_earned less coins_spent';
COMMENT ON COLUMN user_features_view.last_transaction_days_ago IS 'Whole days from the last transaction to the newest fact of all; null without any';
COMMENT ON COLUMN user_features_view.lobbies_joined IS 'Different lobbies';
COMMENT ON COLUMN user_features_view.lobbies_created IS 'Lobbies that the user opened';
COMMENT ON COLUMN user_features_view.games_played IS 'Games, those still played included';
COMMENT ON COLUMN user_features_view.games_won IS 'Games won by the user''s side';
COMMENT ON COLUMN user_features_view.win_rate IS 'Share of decided games that were won; null without any';
COMMENT ON COLUMN user_features_view.survival_rate IS 'Share of games survived, among those whose outcome for the user is known; null without any';
COMMENT ON COLUMN user_features_view.games_as_mafia IS 'Games with a role of the mafia';
COMMENT ON COLUMN user_features_view.favourite_role IS 'Most frequent role; of several the first by name';
COMMENT ON COLUMN user_features_view.actions_taken IS 'Kills, heals and visits';
COMMENT ON COLUMN user_features_view.votes_cast IS 'Votes';
COMMENT ON COLUMN user_features_view.last_game_days_ago IS 'Whole days from sitting down for the last game to the newest fact of all; null without any';
