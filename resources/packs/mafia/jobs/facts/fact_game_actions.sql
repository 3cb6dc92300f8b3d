/*
kind: merge
source: game_service
target: fact_game_actions
key: [source_system, source_id]
watermark: occurred_at
lookback: 10 minutes
data_as_of: occurred_at
versions:                    # the acting player as of the action
  - { column: actor_user_sk, dimension: dim_users, key: user_sk, at: occurred_at, on: { user_id: actor_user_id } }
needs: [dim_lobbies, fact_games]
after: [dim_users]
checks:
  - { accepted_values: { column: action_type, values: [vote, kill, investigate, heal] } }
  - { accepted_values: { column: cycle_type, values: [day, night] } }
*/
-- What players do: kills, heals and visits out of the events, and votes. Rumours, exiles and announcements are told, not done.
SELECT 'game_service' AS source_system, 'GameEvent/' || e.id AS source_id, e."gameId" AS game_id, g."lobbyId" AS lobby_id, e.cycle AS cycle_number,
  lower(e.phase::text) AS cycle_type, e."actorId" AS actor_user_id, e."targetId" AS target_user_id,
  CASE e.type::text WHEN 'KILL' THEN 'kill' WHEN 'HEAL' THEN 'heal' ELSE 'investigate' END AS action_type, lower(e.outcome::text) AS action_result,
  e."occurredAt" AS occurred_at
FROM "GameEvent" e JOIN "Game" g ON g.id = e."gameId"
WHERE e."occurredAt" >= :since AND e.type::text IN ('KILL', 'HEAL', 'VISIT') AND e."actorId" IS NOT NULL
UNION ALL
SELECT 'game_service', 'Vote/' || v.id, v."gameId", g."lobbyId", v.cycle, 'day', v."voterId", v."targetId", 'vote', lower(v.outcome::text), v."castAt"
FROM "Vote" v JOIN "Game" g ON g.id = v."gameId"
WHERE v."castAt" >= :since
