DROP FUNCTION recompute_labels();
DROP VIEW alias_suggestion, unknown_product_label, credit_note, sales_line, product_label_map;
DROP TABLE customer_merge, customer_merge_decision, customer_record;
