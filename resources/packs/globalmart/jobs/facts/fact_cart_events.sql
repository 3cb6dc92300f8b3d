/*
kind: merge
source: events
target: fact_cart_events
key: [session_id]
watermark: landed_id
start: 0
data_as_of: event_timestamp
versions:
  - { column: customer_sk, dimension: dim_customers, at: event_timestamp, on: { user_id: user_id } }
needs: [dim_date, dim_customers]
after: [land_cart_events, dim_geography]
checks:
  - { not_null: user_id, bad_rows: abort }
  - { relationship: { column: date_id, to: dim_date }, bad_rows: abort }
  - { relationship: { column: customer_sk, to: dim_customers }, bad_rows: abort }
  - { not_null: geography_id, severity: warn }
  - { unique: session_id, on: staged, bad_rows: abort }
  - { range: { column: total_value, min: 0 }, severity: warn }
*/
-- Sessions with new events, and those that were open at the last load: an hour without an event says something too.
-- Time is that of the data: 30 minutes before the newest event of all.
WITH touched AS (
  SELECT session_id FROM imported.cart_events WHERE landed_id > :since
  UNION SELECT session_id FROM fact_cart_events WHERE event_type = 'cart_open'
), sessions AS (
  SELECT session_id, max(user_id) AS user_id, min(event_timestamp) AS began_at, max(event_timestamp) AS ended_at, max(landed_id) AS landed_id,
    (array_agg(event_id ORDER BY event_timestamp DESC, event_id DESC))[1] AS event_id, (array_agg(country ORDER BY event_timestamp DESC, event_id DESC))[1] AS country,
    bool_or(event_type = 'checkout') AS is_paid, bool_or(event_type = 'add_to_cart') AS is_filled,
    coalesce(sum(CASE event_type WHEN 'add_to_cart' THEN quantity WHEN 'remove_from_cart' THEN -quantity END), 0) AS total_items,
    coalesce(sum(CASE event_type WHEN 'add_to_cart' THEN quantity WHEN 'remove_from_cart' THEN -quantity END * unit_price), 0) AS total_value
  FROM imported.cart_events JOIN touched USING (session_id) GROUP BY session_id
), judged AS (
  SELECT s.*, CASE WHEN is_paid THEN 'cart_checkout' WHEN is_filled AND ended_at <= n.newest_at - interval '30 minutes' THEN 'cart_abandoned' ELSE 'cart_open' END AS event_type
  FROM sessions s CROSS JOIN (SELECT max(event_timestamp) AS newest_at FROM imported.cart_events) n
)
SELECT j.session_id, j.event_id, j.ended_at AS event_timestamp, to_char(j.ended_at, 'YYYYMMDD')::integer AS date_id, j.user_id, c.customer_sk, g.geography_id, j.event_type,
  j.total_items, j.total_value, CASE WHEN j.total_items = 0 THEN 0 ELSE j.total_value / j.total_items END AS avg_item_value, j.event_type = 'cart_abandoned' AS is_abandoned,
  CASE WHEN j.event_type = 'cart_abandoned' THEN j.total_value ELSE 0 END AS abandonment_value,
  round(extract(epoch FROM j.ended_at - j.began_at) / 60, 2) AS session_duration_minutes, j.landed_id
FROM judged j
LEFT JOIN dim_customers c ON c.user_id = j.user_id AND c.effective_from <= j.ended_at AND j.ended_at < c.effective_to
LEFT JOIN dim_geography g ON g.country = j.country
