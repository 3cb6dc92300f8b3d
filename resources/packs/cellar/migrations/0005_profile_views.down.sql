DROP VIEW customer_features_view, crm_as_of, crm_threshold;
DROP FUNCTION bin_score(numeric, numeric[]);
DROP TABLE customer_taste;
