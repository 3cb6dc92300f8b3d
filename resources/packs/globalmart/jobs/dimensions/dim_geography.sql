/*
kind: merge
source: orders
target: dim_geography
key: [country]
watermark: line_id
start: 0
needs: [country_reference]
after: [land_order_lines, land_cart_events, land_product_views]
*/
-- Countries of new lines, of carts and views, and those that the reference has come to know, or knows otherwise now.
WITH fresh AS (
  SELECT country, max(line_id) AS line_id FROM imported.order_lines WHERE line_id > :since AND country IS NOT NULL GROUP BY country
), visited AS (
  SELECT country FROM imported.cart_events UNION SELECT country FROM imported.product_view_events
)
SELECT country, r.region, r.continent, r.currency, r.timezone, f.line_id
FROM fresh f FULL JOIN visited v USING (country) FULL JOIN dim_geography g USING (country) LEFT JOIN country_reference r USING (country)
WHERE f.line_id IS NOT NULL OR g.geography_id IS NULL OR (r.region, r.continent, r.currency, r.timezone) IS DISTINCT FROM (g.region, g.continent, g.currency, g.timezone)
