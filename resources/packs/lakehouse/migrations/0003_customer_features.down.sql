DROP TABLE customer_features;
