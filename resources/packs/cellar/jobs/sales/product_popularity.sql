/*
kind: merge
target: product
key: [product_key]
needs: [order_line]
*/
-- Percentile rank by sold lines: 0 for what nobody bought, 1 for the product on most lines.
SELECT p.product_key, p.product_label,
  CASE WHEN count(o.id) = 0 THEN 0 ELSE round(cume_dist() OVER (ORDER BY count(o.id))::numeric, 4) END AS global_popularity_score
FROM product p LEFT JOIN order_line o USING (product_key) GROUP BY p.product_key, p.product_label
