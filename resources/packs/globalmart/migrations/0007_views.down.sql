DROP VIEW v_batch_job_status, batch_job_tracker, v_top_products_by_revenue, v_customer_lifetime_value;
DROP FUNCTION imported.batch_job_status(), imported.batch_job_tracker();
DROP VIEW customer_features_view;

CREATE VIEW customer_features_view AS
WITH newest AS (
  SELECT max(transaction_timestamp) AS as_of FROM fact_sales
), sales AS (
  SELECT user_id, sum(total_revenue) AS total_revenue, count(DISTINCT transaction_id) FILTER (WHERE quantity > 0) AS transaction_count,
    count(*) FILTER (WHERE quantity < 0) AS cancelled_lines, count(DISTINCT product_id) FILTER (WHERE quantity > 0) AS distinct_products,
    min(transaction_timestamp) FILTER (WHERE quantity > 0) AS first_purchase_at, max(transaction_timestamp) FILTER (WHERE quantity > 0) AS last_purchase_at
  FROM fact_sales WHERE user_id IS NOT NULL GROUP BY user_id
), latest_rfm AS (
  SELECT DISTINCT ON (user_id) user_id, recency_score, frequency_score, monetary_score, rfm_score, rfm_segment FROM rfm_analysis ORDER BY user_id, analysis_date DESC
)
SELECT s.user_id AS customer_id, s.total_revenue::numeric(16,2) AS total_revenue, s.transaction_count::integer AS transaction_count,
  (n.as_of::date - s.last_purchase_at::date) AS last_purchase_days_ago,
  CASE WHEN s.transaction_count > 0 THEN (s.total_revenue / s.transaction_count)::numeric(16,2) END AS avg_transaction_value,
  s.total_revenue::numeric(16,2) AS lifetime_value, s.distinct_products::integer AS distinct_products, s.cancelled_lines::integer AS cancelled_lines,
  s.first_purchase_at, s.last_purchase_at, (n.as_of::date - s.first_purchase_at::date) AS account_age_days,
  c.country, r.rfm_segment AS customer_segment, r.rfm_score::integer AS rfm_score, r.recency_score::integer AS recency_score,
  r.frequency_score::integer AS frequency_score, r.monetary_score::integer AS monetary_score
FROM sales s CROSS JOIN newest n
LEFT JOIN dim_customers c ON c.user_id = s.user_id AND c.is_current
LEFT JOIN latest_rfm r ON r.user_id = s.user_id;
COMMENT ON VIEW customer_features_view IS 'One row per customer: the features of segments and models, as of the newest order';
COMMENT ON COLUMN customer_features_view.total_revenue IS 'Sum over all lines, cancellations deducted';
COMMENT ON COLUMN customer_features_view.last_purchase_days_ago IS 'Days from the last purchase to the newest order of all; null for a customer with cancellations only';
