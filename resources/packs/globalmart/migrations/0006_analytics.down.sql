DROP TABLE customer_segments, sales_trends, product_performance;
