/*
title: Warehouse and Xiva
description: How often both know a customer, and how often they say the same of one. Where they differ, features.merge_strategy decides.
columns:
  - { name: feature, label: Feature, format: text }
  - { name: both, label: Known to both, format: integer }
  - { name: equal, label: Equal, format: integer }
  - { name: only_warehouse, label: Only the warehouse, format: integer }
  - { name: only_xiva, label: Only Xiva, format: integer }
*/
SELECT f.feature, count(*) FILTER (WHERE f.ours IS NOT NULL AND f.theirs IS NOT NULL) AS both, count(*) FILTER (WHERE f.ours = f.theirs) AS equal,
  count(*) FILTER (WHERE f.ours IS NOT NULL AND f.theirs IS NULL) AS only_warehouse, count(*) FILTER (WHERE f.ours IS NULL AND f.theirs IS NOT NULL) AS only_xiva
FROM customer_features_view d FULL JOIN xiva_profiles x USING (customer_id) CROSS JOIN LATERAL (VALUES
  ('total_revenue', d.total_revenue::text, x.total_revenue::text), ('customer_status', d.customer_status, x.customer_status), ('age', d.age::text, x.age::text),
  ('active_products_count', d.active_products_count::text, x.active_products_count::text), ('data_usage_mb', d.data_usage_mb::text, x.data_usage_mb::text),
  ('credit_utilization', d.credit_utilization::text, x.credit_utilization::numeric(5,4)::text)
) AS f(feature, ours, theirs)
GROUP BY f.feature ORDER BY f.feature
