/*
kind: rfm
target: rfm_analysis
key: [user_id, analysis_date]
method: quantile
segments:
  - { min: 544, name: Champions }
  - { min: 434, name: Loyal Customers }
  - { min: 334, name: Potential Loyalists }
  - { min: 244, name: At Risk }
  - { min: 144, name: Need Attention }
  - { min: 0, name: Lost Customers }
dimension:
  target: dim_customers
  key: user_id
  set: { customer_segment: rfm_segment, rfm_score: rfm_score }
  track: [customer_segment]
  update: [rfm_score]
  effective: scored_from
data_as_of: analysed_at
needs: [fact_sales, dim_customers]
after: [land_cart_events, land_product_views]
*/
-- Customers with at least one purchase, as of the newest order of all. A segment holds from just after the newest event of all: the
-- orders that it was computed from, and the carts and views that are loaded already, belong to the version before.
WITH newest AS (
  SELECT max(transaction_timestamp) AS analysed_at,
    greatest(max(transaction_timestamp), (SELECT max(event_timestamp) FROM imported.cart_events), (SELECT max(event_timestamp) FROM imported.product_view_events)) AS newest_at
  FROM fact_sales
)
SELECT f.user_id, n.analysed_at::date AS analysis_date, n.analysed_at, n.newest_at + interval '1 microsecond' AS scored_from,
  n.analysed_at::date - max(f.transaction_timestamp) FILTER (WHERE f.quantity > 0)::date AS recency_days,
  count(DISTINCT f.transaction_id) FILTER (WHERE f.quantity > 0) AS frequency_count, sum(f.total_revenue) AS monetary_value
FROM fact_sales f CROSS JOIN newest n
WHERE f.user_id IS NOT NULL
GROUP BY f.user_id, n.analysed_at, n.newest_at
HAVING count(*) FILTER (WHERE f.quantity > 0) > 0
