/*
kind: merge
source: game_service
target: fact_games
key: [source_system, source_id]
watermark: changed_at
lookback: 10 minutes
data_as_of: changed_at
needs: [dim_lobbies]
checks:
  - { accepted_values: { column: winner_faction, values: [mafia, citizens, draw] } }
*/
-- Also games that are still played: they have no end, no winner and no length yet.
SELECT 'game_service' AS source_system, id AS source_id, id AS game_id, "lobbyId" AS lobby_id, "startedAt" AS start_time, "endedAt" AS end_time,
  round(extract(epoch FROM "endedAt" - "startedAt") / 60)::integer AS duration_minutes, "playerCount" AS total_players,
  lower(winner::text) AS winner_faction, cycle AS total_cycles, "updatedAt" AS changed_at
FROM "Game" WHERE "updatedAt" >= :since
