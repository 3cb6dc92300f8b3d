/*
kind: transform
target: product_performance
mode: partition
partition: analysis_date
keeps_past: true
key: [product_id, analysis_date]
data_as_of: analysis_date
needs: [fact_sales, fact_product_views, dim_products]
*/
-- As of the day of the newest order. One row per product, in its current category.
WITH sold AS (
  SELECT product_id, count(*) FILTER (WHERE quantity > 0) AS total_sales, sum(total_revenue) AS total_revenue, sum(quantity) AS total_quantity,
    avg(product_price) FILTER (WHERE quantity > 0 AND product_price > 0) AS avg_price
  FROM fact_sales GROUP BY product_id
), viewed AS (
  SELECT product_id, sum(view_count) AS total_views FROM fact_product_views GROUP BY product_id
), measured AS (
  SELECT s.*, p.category, coalesce(v.total_views, 0) AS total_views,
    CASE WHEN v.total_views > 0 THEN 100.0 * s.total_sales / v.total_views ELSE 0 END AS conversion_rate
  FROM sold s JOIN dim_products p ON p.product_id = s.product_id AND p.is_current LEFT JOIN viewed v ON v.product_id = s.product_id
), scored AS (
  -- What was cancelled more than sold counts as nothing, so that scores stay between 0 and 100.
  SELECT *, 40 * greatest(total_revenue, 0) / coalesce(nullif(greatest(max(total_revenue) OVER (), 0), 0), 1)
    + 30 * conversion_rate / coalesce(nullif(max(conversion_rate) OVER (), 0), 1)
    + 20 * greatest(total_quantity, 0) / coalesce(nullif(greatest(max(total_quantity) OVER (), 0), 0), 1)
    + 10 * total_views / coalesce(nullif(max(total_views) OVER (), 0), 1) AS performance_score
  FROM measured
)
SELECT product_id, (SELECT to_date(max(date_id)::text, 'YYYYMMDD') FROM fact_sales) AS analysis_date, category, total_sales, total_revenue, avg_price, total_quantity,
  total_views, conversion_rate, dense_rank() OVER (PARTITION BY category ORDER BY total_revenue DESC) AS category_rank,
  dense_rank() OVER (ORDER BY total_revenue DESC) AS overall_rank, performance_score,
  CASE WHEN performance_score >= 80 THEN 'Top Performer' WHEN performance_score >= 60 THEN 'Strong Performer' WHEN performance_score >= 40 THEN 'Average Performer'
    WHEN performance_score >= 20 THEN 'Underperformer' ELSE 'Low Performer' END AS performance_tier
FROM scored
