/*
title: Rows by table
description: All tables populated? Dimensions with history count their current versions.
columns:
  - { name: table_name, label: Table, format: text }
  - { name: rows, label: Rows, format: integer }
*/
SELECT table_name, rows FROM (
  SELECT 1 AS position, 'dim_date' AS table_name, count(*) AS rows FROM dim_date
  UNION ALL SELECT 2, 'dim_geography', count(*) FROM dim_geography
  UNION ALL SELECT 3, 'dim_customers', count(*) FROM dim_customers WHERE is_current
  UNION ALL SELECT 4, 'dim_products', count(*) FROM dim_products WHERE is_current
  UNION ALL SELECT 5, 'fact_sales', count(*) FROM fact_sales
  UNION ALL SELECT 6, 'fact_cart_events', count(*) FROM fact_cart_events
  UNION ALL SELECT 7, 'fact_product_views', count(*) FROM fact_product_views
  UNION ALL SELECT 8, 'rfm_analysis', count(*) FROM rfm_analysis
  UNION ALL SELECT 9, 'product_performance', count(*) FROM product_performance
  UNION ALL SELECT 10, 'sales_trends', count(*) FROM sales_trends
  UNION ALL SELECT 11, 'customer_segments', count(*) FROM customer_segments
) counts ORDER BY position
