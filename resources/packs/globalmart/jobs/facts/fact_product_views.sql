/*
kind: merge
source: events
target: fact_product_views
key: [event_id]
watermark: landed_id
start: 0
data_as_of: view_timestamp
versions:
  - { column: customer_sk, dimension: dim_customers, at: view_timestamp, on: { user_id: user_id } }
  - { column: product_sk, dimension: dim_products, at: view_timestamp, on: { product_id: product_id } }
needs: [dim_date, dim_products]
after: [land_product_views, land_cart_events, dim_customers, dim_geography, viewed_products]
checks:
  - { relationship: { column: date_id, to: dim_date }, bad_rows: abort }
  - { relationship: { column: product_sk, to: dim_products }, bad_rows: abort }
  - { not_null: product_sk, severity: warn }
  - { unique: event_id, on: staged, bad_rows: abort }
  - { range: { column: product_price, min: 0 }, severity: warn }
*/
-- New views, and older ones whose product has gone into the cart since. Arrivals are numbered over both tables, so that the number of
-- the newest view serves as the watermark of both: what arrives later has a larger one.
WITH touched AS (
  SELECT event_id FROM imported.product_view_events WHERE landed_id > :since
  UNION
  SELECT v.event_id FROM imported.cart_events c JOIN imported.product_view_events v USING (session_id, product_id)
  WHERE c.landed_id > :since AND c.event_type = 'add_to_cart' AND c.event_timestamp >= v.event_timestamp
), seen AS MATERIALIZED (
  SELECT v.* FROM imported.product_view_events v JOIN touched USING (event_id)
), added AS (
  SELECT session_id, product_id, max(event_timestamp) AS last_added_at FROM imported.cart_events
  WHERE event_type = 'add_to_cart' AND session_id IN (SELECT session_id FROM seen) GROUP BY session_id, product_id
), clicked AS (
  SELECT s.*, (coalesce(a.last_added_at, '-infinity') >= s.event_timestamp)::integer AS click_through_rate FROM seen s LEFT JOIN added a USING (session_id, product_id)
)
SELECT s.event_id, s.session_id, s.event_type, s.event_timestamp AS view_timestamp, to_char(s.event_timestamp, 'YYYYMMDD')::integer AS date_id, s.user_id, c.customer_sk,
  g.geography_id, s.product_id, p.product_sk, s.product_name, s.category, s.product_price, 1 AS view_count, s.view_duration, s.search_query, s.click_through_rate,
  s.click_through_rate > 0.05 AS conversion_flag, 1 * s.click_through_rate AS engagement_score, coalesce(s.view_source, 'web') AS view_source,
  coalesce(s.device_type, 'desktop') AS device_type, s.landed_id
FROM clicked s
LEFT JOIN dim_customers c ON c.user_id = s.user_id AND c.effective_from <= s.event_timestamp AND s.event_timestamp < c.effective_to
LEFT JOIN dim_products p ON p.product_id = s.product_id AND p.effective_from <= s.event_timestamp AND s.event_timestamp < p.effective_to
LEFT JOIN dim_geography g ON g.country = s.country
