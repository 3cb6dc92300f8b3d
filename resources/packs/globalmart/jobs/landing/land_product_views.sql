/*
kind: append
source: realtime
target: imported.product_view_events
key: [event_id]
watermark: created_at
lookback: 10 minutes
data_as_of: event_timestamp
checks:
  - not_null: session_id
  - not_null: product_id
  - range: { column: product_price, min: 0 }
  - { freshness: { column: event_timestamp, max_age: 48 hours }, severity: warn }
*/
SELECT event_id, session_id, user_id, event_type, event_timestamp, product_id, product_name, category, product_price::numeric(14,4) AS product_price,
  view_duration, search_query, view_source, device_type, country, created_at
FROM product_view_events WHERE created_at >= :since ORDER BY created_at, event_id
