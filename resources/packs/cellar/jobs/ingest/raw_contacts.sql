/*
kind: merge
source: inbox
stream: "contacts*.csv"
target: raw_contacts
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
  SELECT d.*, parse_text(row_data->>'customer_code') AS customer_code, parse_day(parse_text(row_data->>'contact_date')) AS contact_date, upper(parse_text(row_data->>'channel')) AS channel,
    CASE upper(parse_text(row_data->>'status')) WHEN 'OPEN' THEN 'OPENED' WHEN 'CLICK' THEN 'CLICKED' WHEN 'BOUNCE' THEN 'BOUNCED' WHEN 'UNSUBSCRIBE' THEN 'UNSUBSCRIBED'
      ELSE upper(parse_text(row_data->>'status')) END AS status,
    parse_text(row_data->>'campaign_id') AS campaign_id
  FROM distinct_lines d OFFSET 0
), judged AS (
  SELECT read.*, CASE
    WHEN customer_code IS NULL THEN 'customer_code is missing'
    WHEN length(customer_code) > 255 THEN 'customer_code has more than 255 characters'
    WHEN contact_date IS NULL THEN 'contact_date “' || coalesce(row_data->>'contact_date', '') || '” is no date as YYYY-MM-DD or DD/MM/YYYY'
    WHEN contact_date > (file_modified_at AT TIME ZONE 'UTC')::date + 1 THEN 'contact_date ' || contact_date || ' lies after the day of the file'
    WHEN channel IS NULL OR channel NOT IN ('EMAIL', 'SMS', 'MAIL') THEN 'channel “' || coalesce(channel, '') || '” is none of EMAIL, SMS, MAIL'
    WHEN status IS NULL OR status NOT IN ('SENT', 'DELIVERED', 'OPENED', 'CLICKED', 'BOUNCED', 'UNSUBSCRIBED')
      THEN 'status “' || coalesce(status, '') || '” is none of SENT, DELIVERED, OPENED, CLICKED, BOUNCED, UNSUBSCRIBED'
    WHEN length(campaign_id) > 255 THEN 'campaign_id has more than 255 characters'
    END AS problem
  FROM read
)
SELECT batch_id, row_hash, row_data, row_number, occurrences, file_modified_at, CASE WHEN problem IS NOT NULL THEN 'VALIDATION_ERROR' END AS error_code, problem AS error_message,
  customer_code, contact_date, channel, status, campaign_id,
  CASE WHEN problem IS NULL THEN md5(concat_ws(E'\x1f', customer_code, contact_date, channel, status, coalesce(campaign_id, '')))::uuid END AS event_hash, false AS gone
FROM judged
UNION ALL
SELECT r.batch_id, r.row_hash, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, true
FROM raw_contacts r
WHERE r.batch_id IN (SELECT batch_id FROM lines) AND NOT EXISTS (SELECT 1 FROM distinct_lines d WHERE d.batch_id = r.batch_id AND d.row_hash = r.row_hash)
