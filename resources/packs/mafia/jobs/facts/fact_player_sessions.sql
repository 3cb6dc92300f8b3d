/*
kind: merge
source: game_service
target: fact_player_sessions
key: [source_system, source_id]
watermark: changed_at
lookback: 10 minutes
data_as_of: changed_at
versions:                    # the player as of sitting down
  - { column: user_sk, dimension: dim_users, at: joined_at, on: { user_id: user_id } }
needs: [dim_lobbies, fact_games]
after: [dim_users, dim_roles]      # the user service may be away: then the users follow later
checks:
  - not_null: user_id
  - { relationship: { column: role_assigned, to: dim_roles, field: role_name }, severity: warn }
*/
-- One row per player and game: who changed, whose game changed, and who has acted or voted since.
WITH roles (source_role, role_name, side) AS (VALUES
  ('CIVILIAN', 'Citizen', 'CITIZENS'), ('VILLAGER', 'Citizen', 'CITIZENS'), ('CITIZEN', 'Citizen', 'CITIZENS'), ('DOCTOR', 'Doctor', 'CITIZENS'),
  ('SHERIFF', 'Detective', 'CITIZENS'), ('DETECTIVE', 'Detective', 'CITIZENS'), ('MAFIA', 'Mafia', 'MAFIA'), ('GODFATHER', 'Godfather', 'MAFIA'),
  ('SERIAL_KILLER', 'Serial Killer', 'NEUTRAL')
), games AS (
  SELECT id FROM "Game" WHERE "updatedAt" >= :since
  UNION SELECT "gameId" FROM "GameEvent" WHERE "occurredAt" >= :since
  UNION SELECT "gameId" FROM "Vote" WHERE "castAt" >= :since
), touched AS (
  SELECT id FROM "LobbyPlayer" WHERE "updatedAt" >= :since
  UNION SELECT p.id FROM games JOIN "Game" g USING (id) JOIN "LobbyPlayer" p ON p."lobbyId" = g."lobbyId"
), seated AS (
  -- The game for which the player sat down: the first that began while the player was there.
  SELECT DISTINCT ON (p.id) p.*, g.id AS game_id, g.winner, g."endedAt" AS game_ended_at, g."updatedAt" AS game_changed_at
  FROM touched JOIN "LobbyPlayer" p USING (id)
  LEFT JOIN "Game" g ON g."lobbyId" = p."lobbyId" AND g."startedAt" >= p."joinedAt" AND (p."isActive" OR g."startedAt" <= p."updatedAt")
  ORDER BY p.id, g."startedAt"
), actions AS (
  SELECT "gameId" AS game_id, "actorId" AS user_id, count(*) AS taken, max("occurredAt") AS last_at FROM "GameEvent"
  WHERE "gameId" IN (SELECT game_id FROM seated) AND type::text IN ('KILL', 'HEAL', 'VISIT') GROUP BY 1, 2
), votes AS (
  SELECT "gameId" AS game_id, "voterId" AS user_id, count(*) AS cast_votes, max("castAt") AS last_at FROM "Vote"
  WHERE "gameId" IN (SELECT game_id FROM seated) GROUP BY 1, 2
)
SELECT 'game_service' AS source_system, p.id AS source_id, p."userId" AS user_id, p."lobbyId" AS lobby_id, p.game_id,
  coalesce(r.role_name, p.role::text) AS role_assigned, p."joinedAt" AS joined_at, CASE WHEN NOT p."isActive" THEN p."updatedAt" END AS left_at,
  -- A side wins or not; of a role that nobody knows, nobody knows the side.
  CASE WHEN r.side IS NOT NULL THEN p.winner::text = r.side END AS is_winner,
  CASE WHEN p.game_id IS NOT NULL AND NOT coalesce(p."isAlive", false) THEN false WHEN p.game_ended_at IS NOT NULL THEN true END AS survived_until_end,
  coalesce(a.taken, 0)::integer AS actions_taken, coalesce(v.cast_votes, 0)::integer AS votes_cast,
  greatest(p."updatedAt", p.game_changed_at, a.last_at, v.last_at) AS changed_at
FROM seated p
LEFT JOIN roles r ON r.source_role = upper(p.role::text)
LEFT JOIN actions a ON a.game_id = p.game_id AND a.user_id = p."userId"
LEFT JOIN votes v ON v.game_id = p.game_id AND v.user_id = p."userId"
