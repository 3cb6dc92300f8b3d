/*
kind: append
source: realtime
target: imported.cart_events
key: [event_id]
watermark: created_at
lookback: 10 minutes
data_as_of: event_timestamp
checks:
  - not_null: session_id
  - not_null: user_id
  - accepted_values: { column: event_type, values: [add_to_cart, remove_from_cart, checkout] }
  - range: { column: quantity, min: 0 }
  - { freshness: { column: event_timestamp, max_age: 48 hours }, severity: warn }
*/
SELECT event_id, session_id, user_id, event_type, event_timestamp, product_id, quantity, unit_price::numeric(14,4) AS unit_price, country, created_at
FROM cart_events WHERE created_at >= :since ORDER BY created_at, event_id
