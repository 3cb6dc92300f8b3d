/*
kind: merge
source: inbox
stream: "customers*.csv"
target: raw_customers
key: [batch_id, row_hash]
deleted: gone
*/
-- Each different line of each new or changed file; lines that a corrected file has no more go. A file is a batch.
WITH lines AS (
  SELECT file_name AS batch_id, line_number, file_modified_at,
    jsonb_strip_nulls(to_jsonb(i) - ARRAY['file_name', 'line_number', 'file_modified_at']) AS row_data
  FROM incoming i
), distinct_lines AS (
  SELECT batch_id, row_data, row_hash(row_data) AS row_hash, min(line_number) AS row_number, count(*)::integer AS occurrences, max(file_modified_at) AS file_modified_at
  FROM lines GROUP BY batch_id, row_data
), read AS (
  SELECT d.*, parse_text(row_data->>'customer_code') AS customer_code, parse_text(row_data->>'last_name') AS last_name, parse_text(row_data->>'first_name') AS first_name,
    lower(parse_text(row_data->>'email')) AS email, parse_text(row_data->>'phone') AS phone, parse_text(row_data->>'address') AS address,
    parse_text(row_data->>'postal_code') AS postal_code, parse_text(row_data->>'city') AS city, parse_text(row_data->>'country') AS country,
    parse_flag(row_data->>'is_bounced') AS is_bounced, parse_flag(row_data->>'is_optout') AS is_optout, parse_flag(row_data->>'is_contactable') AS is_contactable
  FROM distinct_lines d OFFSET 0
), judged AS (
  SELECT read.*, CASE
    WHEN customer_code IS NULL THEN 'customer_code is missing'
    WHEN length(customer_code) > 255 THEN 'customer_code has more than 255 characters'
    WHEN email !~ '^[^@\s]+@[^@\s]+\.[^@\s.]+$' THEN 'email “' || email || '” is no address'
    WHEN postal_code !~ '^[A-Za-z0-9-]{2,20}$' THEN 'postal_code “' || postal_code || '” has other characters than letters, digits and hyphens, or not 2 to 20 of them'
    WHEN length(email) > 512 THEN 'email has more than 512 characters'
    WHEN length(phone) > 20 THEN 'phone “' || phone || '” has more than 20 characters'
    WHEN greatest(length(last_name), length(first_name), length(city)) > 255 THEN 'a name or city has more than 255 characters'
    WHEN length(country) > 100 THEN 'country has more than 100 characters'
    WHEN is_bounced IS NULL AND parse_text(row_data->>'is_bounced') IS NOT NULL THEN 'is_bounced “' || (row_data->>'is_bounced') || '” is neither yes nor no'
    WHEN is_optout IS NULL AND parse_text(row_data->>'is_optout') IS NOT NULL THEN 'is_optout “' || (row_data->>'is_optout') || '” is neither yes nor no'
    WHEN is_contactable IS NULL AND parse_text(row_data->>'is_contactable') IS NOT NULL THEN 'is_contactable “' || (row_data->>'is_contactable') || '” is neither yes nor no'
    END AS problem
  FROM read
), counted AS (
  SELECT judged.*, row_number() OVER (PARTITION BY batch_id, customer_code, problem IS NULL ORDER BY row_number) AS place,
    first_value(row_number) OVER (PARTITION BY batch_id, customer_code, problem IS NULL ORDER BY row_number) AS first_line
  FROM judged
)
SELECT batch_id, row_hash, row_data, row_number, occurrences, file_modified_at,
  CASE WHEN problem IS NOT NULL THEN 'VALIDATION_ERROR' WHEN place > 1 THEN 'DUPLICATE_CUSTOMER' END AS error_code,
  CASE WHEN problem IS NOT NULL THEN problem WHEN place > 1 THEN 'customer_code “' || customer_code || '” stands in line ' || first_line || ' of the same file already' END AS error_message,
  customer_code, last_name, first_name, email, phone, address, postal_code, city, country, is_bounced, is_optout, is_contactable, false AS gone
FROM counted
UNION ALL
SELECT r.batch_id, r.row_hash, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, true
FROM raw_customers r
WHERE r.batch_id IN (SELECT batch_id FROM lines) AND NOT EXISTS (SELECT 1 FROM distinct_lines d WHERE d.batch_id = r.batch_id AND d.row_hash = r.row_hash)
