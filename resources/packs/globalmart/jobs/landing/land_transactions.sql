/*
kind: append
source: realtime
target: imported.transaction_lines
key: [line_item_id]
# When the source wrote the row: late events are written late, so none of them is missed.
watermark: created_at
lookback: 10 minutes
data_as_of: transaction_timestamp
checks:
  - not_null: user_id
  - not_null: transaction_id
  - range: { column: quantity, min: 1 }
  - range: { column: unit_price, min: 0 }
  - { freshness: { column: transaction_timestamp, max_age: 48 hours }, severity: warn }
*/
SELECT line_item_id, transaction_id, session_id, user_id, transaction_timestamp, product_id, product_name, category, quantity::numeric AS quantity,
  unit_price::numeric AS unit_price, payment_method, country, created_at
FROM transactions WHERE created_at >= :since ORDER BY created_at, line_item_id
