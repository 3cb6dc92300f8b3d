/*
kind: merge
source: orders
target: dim_geography
key: [country]
watermark: line_id
start: 0
*/
SELECT o.country, r.region, r.continent, r.currency, r.timezone, max(o.line_id) AS line_id
FROM imported.order_lines o LEFT JOIN country_reference r ON r.country = o.country
WHERE o.line_id > :since AND o.country IS NOT NULL
GROUP BY o.country, r.region, r.continent, r.currency, r.timezone
