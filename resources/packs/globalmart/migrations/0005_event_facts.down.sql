DROP TABLE fact_product_views, fact_cart_events;
ALTER TABLE dim_products DROP COLUMN subcategory;
ALTER TABLE fact_sales DROP COLUMN payment_method, DROP COLUMN category, DROP COLUMN product_name;
