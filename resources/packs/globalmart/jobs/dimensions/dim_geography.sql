/*
kind: merge
source: orders
target: dim_geography
key: [country]
watermark: line_id
start: 0
needs: [country_reference]
*/
-- Countries of new lines, and those that the reference has come to know, or knows otherwise now.
WITH fresh AS (
  SELECT country, max(line_id) AS line_id FROM imported.order_lines WHERE line_id > :since AND country IS NOT NULL GROUP BY country
)
SELECT country, r.region, r.continent, r.currency, r.timezone, f.line_id
FROM fresh f FULL JOIN dim_geography g USING (country) LEFT JOIN country_reference r USING (country)
WHERE f.line_id IS NOT NULL OR (r.region, r.continent, r.currency, r.timezone) IS DISTINCT FROM (g.region, g.continent, g.currency, g.timezone)
