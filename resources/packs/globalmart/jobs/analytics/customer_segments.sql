/*
kind: transform
target: customer_segments
mode: partition
partition: analysis_date
keeps_past: true
key: [segment_type, segment_name, analysis_date]
data_as_of: analysis_date
needs: [rfm_analysis, dim_customers]
*/
-- Customers of the newest RFM analysis, once by their segment and once by their country.
WITH people AS (
  SELECT r.user_id, r.analysis_date, r.rfm_segment, coalesce(c.country, 'Unknown') AS country, r.monetary_value, r.frequency_count, r.recency_days
  FROM rfm_analysis r LEFT JOIN dim_customers c ON c.user_id = r.user_id AND c.is_current
  WHERE r.analysis_date = (SELECT max(analysis_date) FROM rfm_analysis)
), grouped AS (
  SELECT p.*, s.segment_type, s.segment_name, count(*) OVER (PARTITION BY s.segment_type, s.segment_name, p.country) AS compatriots
  FROM people p CROSS JOIN LATERAL (VALUES ('RFM', p.rfm_segment), ('Geographic', p.country)) AS s(segment_type, segment_name)
)
SELECT segment_type, segment_name, analysis_date, count(*) AS customer_count, sum(monetary_value) AS total_revenue, avg(monetary_value) AS avg_revenue_per_customer,
  sum(frequency_count) AS total_transactions, avg(frequency_count) AS avg_transactions_per_customer, avg(monetary_value / nullif(frequency_count, 0)) AS avg_order_value,
  avg(recency_days) AS avg_recency_days, (array_agg(country ORDER BY compatriots DESC, country))[1] AS primary_country
FROM grouped GROUP BY segment_type, segment_name, analysis_date
