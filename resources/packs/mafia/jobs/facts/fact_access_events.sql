/*
kind: merge
source: user_service
target: fact_access_events
key: [source_system, source_id]
watermark: occurred_at
lookback: 10 minutes
data_as_of: occurred_at
versions:
  - { column: user_sk, dimension: dim_users, at: occurred_at, on: { user_id: user_id } }
needs: [dim_users]
checks:
  - not_null: user_id
*/
-- The service tells that somebody was seen, never that somebody left: every event is a login.
SELECT 'user_service' AS source_system, e.id AS source_id, e."userId" AS user_id, 'login' AS event_type, d.platform::text AS device_type,
  e.ip::text AS ip_address, e.country::text AS country, e."seenAt" AS occurred_at
FROM "AccessEvent" e LEFT JOIN "Device" d ON d.id = e."deviceId"
WHERE e."seenAt" >= :since
