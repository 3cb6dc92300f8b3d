/*
kind: history
source: orders
target: dim_products
key: [product_id]
track: [product_name, category, is_active]
update: [base_price, cost, margin]
effective: effective_at
watermark: line_id
start: 0
after: [land_order_lines, viewed_products]
*/
-- Products with new lines. The name is the one sold most often (notes such as "damaged" stand on lines that were not sold);
-- a product is known from its first line, and a new name or category holds from the first of the new lines.
WITH fresh AS (
  SELECT product_id, min(ordered_at) AS first_new_at, max(line_id) AS line_id FROM imported.order_lines WHERE line_id > :since GROUP BY product_id
), lines AS (
  SELECT product_id, product_name, category, quantity, unit_price, ordered_at FROM imported.order_lines JOIN fresh USING (product_id)
), named AS (
  SELECT DISTINCT ON (product_id) product_id, product_name, category FROM (
    SELECT product_id, product_name, category, count(*) FILTER (WHERE quantity > 0 AND unit_price > 0) AS sold, max(ordered_at) AS last_at
    FROM lines WHERE product_name IS NOT NULL OR category IS NOT NULL GROUP BY product_id, product_name, category) n
  ORDER BY product_id, sold DESC, last_at DESC, product_name, category
), prices AS (
  SELECT product_id, min(ordered_at) AS first_at, avg(unit_price) FILTER (WHERE quantity > 0 AND unit_price > 0) AS base_price FROM lines GROUP BY product_id
)
SELECT p.product_id, n.product_name, coalesce(n.category, 'Uncategorised') AS category, true AS is_active,
  CASE WHEN EXISTS (SELECT 1 FROM dim_products d WHERE d.product_id = p.product_id AND d.effective_from <= p.first_at) THEN f.first_new_at ELSE p.first_at END AS effective_at,
  p.base_price, 0.6 * p.base_price AS cost, 0.4 * p.base_price AS margin, f.line_id
FROM prices p JOIN fresh f USING (product_id) LEFT JOIN named n USING (product_id)
