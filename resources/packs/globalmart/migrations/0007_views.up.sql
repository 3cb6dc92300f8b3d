-- Features of carts and visits, the views that the customer's people ask, and the names that their monitoring knows.

CREATE OR REPLACE VIEW customer_features_view AS
WITH newest AS (
  SELECT max(transaction_timestamp) AS as_of FROM fact_sales
), sales AS (
  SELECT user_id, sum(total_revenue) AS total_revenue, count(DISTINCT transaction_id) FILTER (WHERE quantity > 0) AS transaction_count,
    count(*) FILTER (WHERE quantity < 0) AS cancelled_lines, count(DISTINCT product_id) FILTER (WHERE quantity > 0) AS distinct_products,
    min(transaction_timestamp) FILTER (WHERE quantity > 0) AS first_purchase_at, max(transaction_timestamp) FILTER (WHERE quantity > 0) AS last_purchase_at
  FROM fact_sales WHERE user_id IS NOT NULL GROUP BY user_id
), latest_rfm AS (
  SELECT DISTINCT ON (user_id) user_id, recency_score, frequency_score, monetary_score, rfm_score, rfm_segment FROM rfm_analysis ORDER BY user_id, analysis_date DESC
), carts AS (
  SELECT c.user_id, count(*) FILTER (WHERE c.is_abandoned) AS abandoned, sum(c.abandonment_value) AS abandoned_value
  FROM fact_cart_events c CROSS JOIN newest n WHERE c.event_timestamp > n.as_of - interval '30 days' GROUP BY c.user_id
), visits AS (
  SELECT v.user_id, sum(v.view_count) AS views, sum(v.view_count) FILTER (WHERE v.conversion_flag) AS carted_views, max(v.view_timestamp) AS last_seen_at
  FROM fact_product_views v CROSS JOIN newest n WHERE v.view_timestamp > n.as_of - interval '30 days' GROUP BY v.user_id
)
SELECT s.user_id AS customer_id, s.total_revenue::numeric(16,2) AS total_revenue, s.transaction_count::integer AS transaction_count,
  (n.as_of::date - s.last_purchase_at::date) AS last_purchase_days_ago,
  CASE WHEN s.transaction_count > 0 THEN (s.total_revenue / s.transaction_count)::numeric(16,2) END AS avg_transaction_value,
  s.total_revenue::numeric(16,2) AS lifetime_value, s.distinct_products::integer AS distinct_products, s.cancelled_lines::integer AS cancelled_lines,
  s.first_purchase_at, s.last_purchase_at, (n.as_of::date - s.first_purchase_at::date) AS account_age_days,
  c.country, r.rfm_segment AS customer_segment, r.rfm_score::integer AS rfm_score, r.recency_score::integer AS recency_score,
  r.frequency_score::integer AS frequency_score, r.monetary_score::integer AS monetary_score,
  coalesce(k.abandoned, 0)::integer AS abandoned_carts_30_days, coalesce(k.abandoned_value, 0)::numeric(16,2) AS abandoned_value_30_days,
  coalesce(w.views, 0)::integer AS product_views_30_days, coalesce(w.carted_views, 0)::integer AS carted_views_30_days,
  greatest(n.as_of::date - w.last_seen_at::date, 0) AS last_seen_days_ago
FROM sales s CROSS JOIN newest n
LEFT JOIN dim_customers c ON c.user_id = s.user_id AND c.is_current
LEFT JOIN latest_rfm r ON r.user_id = s.user_id
LEFT JOIN carts k ON k.user_id = s.user_id
LEFT JOIN visits w ON w.user_id = s.user_id;
COMMENT ON COLUMN customer_features_view.abandoned_carts_30_days IS 'Carts abandoned in the 30 days before the newest order';
COMMENT ON COLUMN customer_features_view.abandoned_value_30_days IS 'What was in them';
COMMENT ON COLUMN customer_features_view.product_views_30_days IS 'Views of products in the 30 days before the newest order';
COMMENT ON COLUMN customer_features_view.carted_views_30_days IS 'Those among them after which the product went into the cart';
COMMENT ON COLUMN customer_features_view.last_seen_days_ago IS 'Days from the last view to the newest order; null for somebody not seen for 30 days';

CREATE VIEW v_customer_lifetime_value AS
SELECT user_id, country, customer_segment, rfm_score, total_spent AS lifetime_value, total_transactions, avg_order_value, first_transaction_date,
  last_transaction_date, last_transaction_date - first_transaction_date AS lifetime_days
FROM dim_customers WHERE is_current AND total_transactions > 0;
COMMENT ON VIEW v_customer_lifetime_value IS 'Customers with at least one purchase, as they are now';
COMMENT ON COLUMN v_customer_lifetime_value.user_id IS 'The customer';
COMMENT ON COLUMN v_customer_lifetime_value.country IS 'Of the last order';
COMMENT ON COLUMN v_customer_lifetime_value.customer_segment IS 'RFM segment';
COMMENT ON COLUMN v_customer_lifetime_value.rfm_score IS '111 to 555';
COMMENT ON COLUMN v_customer_lifetime_value.lifetime_value IS 'Sum over all lines, cancellations deducted';
COMMENT ON COLUMN v_customer_lifetime_value.total_transactions IS 'Purchases';
COMMENT ON COLUMN v_customer_lifetime_value.avg_order_value IS 'lifetime_value / total_transactions';
COMMENT ON COLUMN v_customer_lifetime_value.first_transaction_date IS 'Day of the first order';
COMMENT ON COLUMN v_customer_lifetime_value.last_transaction_date IS 'Day of the last order';
COMMENT ON COLUMN v_customer_lifetime_value.lifetime_days IS 'Days from the first to the last order';

CREATE VIEW v_top_products_by_revenue AS
SELECT p.overall_rank, p.product_id, d.product_name, p.category, p.category_rank, p.total_sales, p.total_revenue, p.total_quantity, p.avg_price,
  p.total_views, p.conversion_rate, p.performance_score, p.performance_tier, p.analysis_date
FROM product_performance p LEFT JOIN dim_products d ON d.product_id = p.product_id AND d.is_current
WHERE p.analysis_date = (SELECT max(analysis_date) FROM product_performance)
ORDER BY p.total_revenue DESC, p.product_id LIMIT 100;
COMMENT ON VIEW v_top_products_by_revenue IS 'The 100 products with the largest revenue at the newest analysis date';
COMMENT ON COLUMN v_top_products_by_revenue.product_name IS 'Its name now';
COMMENT ON COLUMN v_top_products_by_revenue.overall_rank IS 'By revenue, dense';
COMMENT ON COLUMN v_top_products_by_revenue.product_id IS 'The product';
COMMENT ON COLUMN v_top_products_by_revenue.category IS 'Its category';
COMMENT ON COLUMN v_top_products_by_revenue.category_rank IS 'By revenue within the category, dense';
COMMENT ON COLUMN v_top_products_by_revenue.total_sales IS 'Order lines with a positive quantity';
COMMENT ON COLUMN v_top_products_by_revenue.total_revenue IS 'Sum over all lines, cancellations deducted';
COMMENT ON COLUMN v_top_products_by_revenue.total_quantity IS 'Pieces';
COMMENT ON COLUMN v_top_products_by_revenue.avg_price IS 'Mean price of sold lines';
COMMENT ON COLUMN v_top_products_by_revenue.total_views IS 'Views';
COMMENT ON COLUMN v_top_products_by_revenue.conversion_rate IS 'Sales per hundred views';
COMMENT ON COLUMN v_top_products_by_revenue.performance_score IS '0 to 100';
COMMENT ON COLUMN v_top_products_by_revenue.performance_tier IS 'Top Performer to Low Performer';
COMMENT ON COLUMN v_top_products_by_revenue.analysis_date IS 'Day of the newest order';

-- The customer's monitoring looks for these two without a schema. Functions stand in between, so that the engine can replace
-- its own views without asking the pack.
CREATE FUNCTION imported.batch_job_tracker() RETURNS TABLE (
  job_name varchar(100), last_run_timestamp timestamp, last_run_status varchar(20), rows_processed bigint, rows_inserted bigint, rows_updated bigint,
  errors_count integer, error_message text, execution_duration_sec integer, started_at timestamp, completed_at timestamp, created_at timestamp, updated_at timestamp)
LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN QUERY SELECT t.job_name, t.last_run_timestamp, t.last_run_status, t.rows_processed::bigint, t.rows_inserted::bigint, t.rows_updated::bigint,
    t.errors_count, t.error_message::text, t.execution_duration_sec, t.started_at, t.completed_at, t.created_at, t.updated_at
  FROM quintile.batch_job_tracker t;
END
$$;
COMMENT ON FUNCTION imported.batch_job_tracker() IS 'Rows of quintile.batch_job_tracker';

CREATE VIEW batch_job_tracker AS SELECT * FROM imported.batch_job_tracker();
COMMENT ON VIEW batch_job_tracker IS 'One row per job: its last run and its last success (quintile.batch_job_tracker)';

CREATE FUNCTION imported.batch_job_status() RETURNS TABLE (
  job_name varchar(100), last_run_status varchar(20), last_run_timestamp timestamp, rows_processed bigint, rows_inserted bigint, rows_updated bigint,
  errors_count integer, execution_duration_sec integer, duration_sec integer, status_message text, updated_at timestamp, time_since_last_run interval)
LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN QUERY SELECT s.job_name, s.last_run_status, s.last_run_timestamp, s.rows_processed::bigint, s.rows_inserted::bigint, s.rows_updated::bigint,
    s.errors_count, s.execution_duration_sec, s.duration_sec, s.status_message::text, s.updated_at, s.time_since_last_run
  FROM quintile.v_batch_job_status s;
END
$$;
COMMENT ON FUNCTION imported.batch_job_status() IS 'Rows of quintile.v_batch_job_status';

CREATE VIEW v_batch_job_status AS SELECT * FROM imported.batch_job_status() ORDER BY updated_at DESC;
COMMENT ON VIEW v_batch_job_status IS 'How each job is: running, failed, stale or healthy (quintile.v_batch_job_status)';
COMMENT ON COLUMN batch_job_tracker.job_name IS 'The job';
COMMENT ON COLUMN batch_job_tracker.last_run_timestamp IS 'When it last succeeded, UTC; 2024-01-01 before its first success';
COMMENT ON COLUMN batch_job_tracker.last_run_status IS 'SUCCESS, FAILED or RUNNING';
COMMENT ON COLUMN batch_job_tracker.rows_processed IS 'Rows read by the last success';
COMMENT ON COLUMN batch_job_tracker.rows_inserted IS 'Rows that it inserted';
COMMENT ON COLUMN batch_job_tracker.rows_updated IS 'Rows that it changed';
COMMENT ON COLUMN batch_job_tracker.errors_count IS 'Failures since the last success';
COMMENT ON COLUMN batch_job_tracker.error_message IS 'Why the last run failed; null otherwise';
COMMENT ON COLUMN batch_job_tracker.execution_duration_sec IS 'How long the last success took, in seconds';
COMMENT ON COLUMN batch_job_tracker.started_at IS 'When the last run of the job began, UTC';
COMMENT ON COLUMN batch_job_tracker.completed_at IS 'When it ended, UTC';
COMMENT ON COLUMN batch_job_tracker.created_at IS 'The oldest run of the job that the run book keeps, UTC';
COMMENT ON COLUMN batch_job_tracker.updated_at IS 'When its last run began or ended, UTC';
COMMENT ON COLUMN v_batch_job_status.job_name IS 'The job';
COMMENT ON COLUMN v_batch_job_status.last_run_timestamp IS 'When it last succeeded, UTC; 2024-01-01 before its first success';
COMMENT ON COLUMN v_batch_job_status.last_run_status IS 'SUCCESS, FAILED or RUNNING';
COMMENT ON COLUMN v_batch_job_status.rows_processed IS 'Rows read by the last success';
COMMENT ON COLUMN v_batch_job_status.rows_inserted IS 'Rows that it inserted';
COMMENT ON COLUMN v_batch_job_status.rows_updated IS 'Rows that it changed';
COMMENT ON COLUMN v_batch_job_status.errors_count IS 'Failures since the last success';
COMMENT ON COLUMN v_batch_job_status.execution_duration_sec IS 'How long the last success took, in seconds';
COMMENT ON COLUMN v_batch_job_status.duration_sec IS 'For how long a running job has run; else how long the last success took';
COMMENT ON COLUMN v_batch_job_status.status_message IS 'running; failed: with the reason; stale after two days; healthy';
COMMENT ON COLUMN v_batch_job_status.updated_at IS 'When its last run began or ended, UTC';
COMMENT ON COLUMN v_batch_job_status.time_since_last_run IS 'How long ago that was';
