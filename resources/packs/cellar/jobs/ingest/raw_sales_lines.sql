/*
kind: merge
source: inbox
stream: "sales_lines*.csv"
target: raw_sales_lines
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
  SELECT d.*, parse_text(row_data->>'customer_code') AS customer_code, parse_day(parse_text(row_data->>'order_date')) AS order_date, parse_text(row_data->>'doc_ref') AS doc_ref,
    coalesce(upper(parse_text(row_data->>'doc_type')), 'INVOICE') AS doc_type, parse_text(row_data->>'product_label') AS product_label,
    normalise_label(row_data->>'product_label') AS label_norm, parse_amount(parse_text(row_data->>'qty')) AS qty, parse_amount(parse_text(row_data->>'amount_ht')) AS amount_ht,
    parse_amount(parse_text(row_data->>'amount_ttc')) AS amount_ttc, parse_amount(parse_text(row_data->>'margin')) AS margin
  FROM distinct_lines d OFFSET 0
), judged AS (
  SELECT read.*, CASE
    WHEN customer_code IS NULL THEN 'VALIDATION_ERROR customer_code is missing'
    WHEN length(customer_code) > 255 THEN 'VALIDATION_ERROR customer_code has more than 255 characters'
    WHEN order_date IS NULL THEN 'VALIDATION_ERROR order_date “' || coalesce(row_data->>'order_date', '') || '” is no date as YYYY-MM-DD or DD/MM/YYYY'
    WHEN order_date > (file_modified_at AT TIME ZONE 'UTC')::date + 1 THEN 'VALIDATION_ERROR order_date ' || order_date || ' lies after the day of the file'
    WHEN doc_ref IS NULL THEN 'VALIDATION_ERROR doc_ref is missing'
    WHEN length(doc_ref) > 255 THEN 'VALIDATION_ERROR doc_ref has more than 255 characters'
    WHEN coalesce(label_norm, '') = '' THEN 'INVALID_PRODUCT_LABEL product_label “' || coalesce(row_data->>'product_label', '') || '” has no letter or digit'
    WHEN greatest(length(product_label), length(label_norm)) > 512 THEN 'INVALID_PRODUCT_LABEL product_label has more than 512 characters'
    WHEN amount_ht IS NULL THEN 'VALIDATION_ERROR amount_ht “' || coalesce(row_data->>'amount_ht', '') || '” is no number'
    WHEN qty IS NULL THEN 'VALIDATION_ERROR qty “' || coalesce(row_data->>'qty', '') || '” is no number'
    WHEN amount_ttc IS NULL AND parse_text(row_data->>'amount_ttc') IS NOT NULL THEN 'VALIDATION_ERROR amount_ttc “' || (row_data->>'amount_ttc') || '” is no number'
    WHEN margin IS NULL AND parse_text(row_data->>'margin') IS NOT NULL THEN 'VALIDATION_ERROR margin “' || (row_data->>'margin') || '” is no number'
    WHEN greatest(abs(qty) * 10, abs(amount_ht), abs(amount_ttc), abs(margin)) >= 9999999999 THEN 'UNEXPECTED_ERROR a number has more than ten digits'
    WHEN amount_ht < 0 THEN 'CREDIT_NOTE amount_ht ' || amount_ht || ' is below 0: kept as a credit note'
    WHEN doc_type NOT IN ('INVOICE', 'ORDER') THEN 'VALIDATION_ERROR doc_type “' || doc_type || '” is neither INVOICE nor ORDER'
    WHEN qty <= 0 OR round(qty, 3) = 0 THEN 'VALIDATION_ERROR qty ' || qty || ' is not more than 0'
    WHEN amount_ttc < 0 THEN 'VALIDATION_ERROR amount_ttc ' || amount_ttc || ' is below 0'
    WHEN margin < 0 THEN 'VALIDATION_ERROR margin ' || margin || ' is below 0'
    END AS problem
  FROM read
), sorted AS (
  SELECT judged.*, split_part(problem, ' ', 1) AS code,
    CASE WHEN problem IS NULL OR problem LIKE 'CREDIT\_NOTE%' THEN
      md5(concat_ws(E'\x1f', customer_code, order_date, doc_ref, doc_type, label_norm, trim_scale(round(qty, 3)), trim_scale(round(amount_ht, 2))))::uuid END AS line_hash
  FROM judged
)
SELECT batch_id, row_hash, row_data, row_number, occurrences, file_modified_at, code AS error_code, substr(problem, length(code) + 2) AS error_message,
  customer_code, order_date, doc_ref, doc_type, product_label, label_norm,
  CASE WHEN code IS DISTINCT FROM 'UNEXPECTED_ERROR' AND abs(qty) < 999999999 THEN qty END AS qty,
  CASE WHEN abs(amount_ht) < 9999999999 THEN amount_ht END AS amount_ht,
  CASE WHEN abs(amount_ttc) < 9999999999 THEN amount_ttc END AS amount_ttc, CASE WHEN abs(margin) < 9999999999 THEN margin END AS margin, line_hash, false AS gone
FROM sorted
UNION ALL
SELECT r.batch_id, r.row_hash, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, true
FROM raw_sales_lines r
WHERE r.batch_id IN (SELECT batch_id FROM lines) AND NOT EXISTS (SELECT 1 FROM distinct_lines d WHERE d.batch_id = r.batch_id AND d.row_hash = r.row_hash)
