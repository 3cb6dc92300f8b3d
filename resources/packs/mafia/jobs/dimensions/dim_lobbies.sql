/*
kind: merge
source: game_service
target: dim_lobbies
key: [lobby_id]
watermark: last_updated
lookback: 10 minutes
data_as_of: last_updated
checks:
  - { accepted_values: { column: status, values: [OPEN, IN_GAME, CLOSED] }, severity: warn }
  - range: { column: max_players, min: 3, max: 30 }
    severity: warn
*/
SELECT id AS lobby_id, name AS lobby_name, "maxPlayers" AS max_players, status::text AS status, "createdAt" AS created_at,
  "createdById" AS created_by_user_id, "updatedAt" AS last_updated
FROM "Lobby" WHERE "updatedAt" >= :since
