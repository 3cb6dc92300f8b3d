DROP TABLE ingestion_errors, ingestion_batches, raw_contacts, raw_sales_lines, raw_customers;
DROP FUNCTION row_hash(jsonb);
DROP FUNCTION parse_text(text);
DROP FUNCTION parse_flag(text);
DROP FUNCTION parse_day(text);
DROP FUNCTION day_of(integer, integer, integer);
DROP FUNCTION parse_amount(text);
DROP FUNCTION parse_grouped_amount(text);
