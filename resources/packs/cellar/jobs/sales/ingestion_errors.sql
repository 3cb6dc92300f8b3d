/*
kind: transform
target: ingestion_errors
key: [batch_id, row_hash, error_code]
empty: allow
needs: [raw_customers, raw_sales_lines, raw_contacts, product, product_alias, customer, customer_merge]
*/
-- Lines that are kept out: unreadable ones, doubles of a customer, and those that wait for a customer or a product.
SELECT batch_id, 'customers' AS file_type, batch_id AS file_name, row_number, row_hash, error_code, error_message, row_data AS raw_row, NULL::numeric AS amount_ht, occurrences AS lines
FROM raw_customers WHERE error_code IS NOT NULL
UNION ALL
SELECT batch_id, 'customers', batch_id, row_number, row_hash, 'DUPLICATE_CUSTOMER', 'the line stands in the file several times', row_data, NULL, occurrences - 1
FROM raw_customers WHERE error_code IS NULL AND occurrences > 1
UNION ALL
SELECT batch_id, 'sales_lines', batch_id, row_number, row_hash, error_code, error_message, row_data, amount_ht, occurrences
FROM raw_sales_lines WHERE error_code IS NOT NULL
UNION ALL
SELECT r.batch_id, 'sales_lines', r.batch_id, r.row_number, r.row_hash, l.waits_for,
  CASE l.waits_for WHEN 'PRODUCT_NOT_FOUND' THEN 'no product and no alias is called “' || r.product_label || '”' ELSE 'no valid line of a customers file has the code “' || r.customer_code || '”' END,
  r.row_data, r.amount_ht, r.occurrences
FROM raw_sales_lines r JOIN sales_line l USING (line_hash)
WHERE r.error_code IS NULL AND l.waits_for IN ('PRODUCT_NOT_FOUND', 'CUSTOMER_NOT_FOUND')
UNION ALL
SELECT batch_id, 'contacts', batch_id, row_number, row_hash, error_code, error_message, row_data, NULL, occurrences
FROM raw_contacts WHERE error_code IS NOT NULL
UNION ALL
SELECT r.batch_id, 'contacts', r.batch_id, r.row_number, r.row_hash, 'CUSTOMER_NOT_FOUND', 'no valid line of a customers file has the code “' || r.customer_code || '”', r.row_data, NULL, r.occurrences
FROM raw_contacts r LEFT JOIN customer_merge m ON m.merged_code = r.customer_code
LEFT JOIN customer c ON c.customer_code = coalesce(m.surviving_code, r.customer_code)
WHERE r.error_code IS NULL AND c.customer_code IS NULL
