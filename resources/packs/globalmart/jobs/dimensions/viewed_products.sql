/*
kind: history
source: events
target: dim_products
key: [product_id]
track: [product_name, category, is_active]
update: [base_price, cost, margin]
effective: known_at
watermark: landed_id
start: 0
after: [land_product_views, land_order_lines]
*/
-- Products that people look at before anybody buys them. They are known from the first view, or an earlier sale, at the mean price
-- that was seen; those that are known already stay as they are, and dim_products says the rest once they are sold.
WITH seen AS (
  SELECT product_id, min(event_timestamp) AS first_seen_at, avg(product_price) AS price, max(landed_id) AS landed_id,
    (array_agg(product_name ORDER BY event_timestamp DESC, event_id))[1] AS product_name, (array_agg(category ORDER BY event_timestamp DESC, event_id))[1] AS category
  FROM imported.product_view_events WHERE landed_id > :since GROUP BY product_id
), sold AS (
  SELECT product_id, min(ordered_at) AS first_sold_at FROM imported.order_lines
  WHERE product_id IN (SELECT product_id FROM seen EXCEPT SELECT product_id FROM dim_products WHERE is_current) GROUP BY product_id
)
SELECT s.product_id, CASE WHEN d.product_sk IS NULL THEN s.product_name ELSE d.product_name END AS product_name, coalesce(d.category, s.category) AS category,
  coalesce(d.is_active, true) AS is_active, CASE WHEN d.product_sk IS NULL THEN round(s.price, 4) ELSE d.base_price END AS base_price,
  CASE WHEN d.product_sk IS NULL THEN round(0.6 * s.price, 4) ELSE d.cost END AS cost, CASE WHEN d.product_sk IS NULL THEN round(0.4 * s.price, 4) ELSE d.margin END AS margin,
  coalesce(d.effective_from, least(s.first_seen_at, o.first_sold_at)) AS known_at, s.landed_id
FROM seen s LEFT JOIN dim_products d ON d.product_id = s.product_id AND d.is_current LEFT JOIN sold o ON o.product_id = s.product_id
