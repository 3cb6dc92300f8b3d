DROP VIEW customer_features_view;
DROP TABLE rfm_analysis, fact_sales, dim_products, dim_customers, dim_geography, country_reference, dim_date;
