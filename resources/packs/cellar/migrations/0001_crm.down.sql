DROP TABLE contact_event, order_line, customer, product_alias_decision, product_alias, product, rfm_segment, crm_setting;
DROP FUNCTION label_trigrams(text);
DROP FUNCTION normalise_label(text);
