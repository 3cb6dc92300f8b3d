/*
kind: transform
target: ingestion_batches
key: [batch_id, file_type]
empty: allow
needs: [raw_customers, raw_sales_lines, raw_contacts, ingestion_errors]
*/
-- What became of the lines of each file. How many lines a file has is noted with the position up to which the inbox was read, in the
-- same transaction as the rows; those that are not among the rows could not be read at all. A file without any line is all right.
WITH file AS (
  SELECT f.key AS batch_id, substr(p.job, 5) AS file_type, (f.value->>'rows')::integer AS total_rows, (f.value->>'modified_at')::timestamptz AS file_modified_at
  FROM quintile.source_positions p CROSS JOIN LATERAL jsonb_each(p.position->'files') AS f
  WHERE p.job IN ('raw_customers', 'raw_sales_lines', 'raw_contacts')
), read AS (
  SELECT batch_id, 'customers' AS file_type, sum(occurrences) AS rows FROM raw_customers GROUP BY batch_id
  UNION ALL SELECT batch_id, 'sales_lines', sum(occurrences) FROM raw_sales_lines GROUP BY batch_id
  UNION ALL SELECT batch_id, 'contacts', sum(occurrences) FROM raw_contacts GROUP BY batch_id
), wrong AS (
  SELECT batch_id, file_type, sum(lines) AS rows FROM ingestion_errors GROUP BY batch_id, file_type
), counted AS (
  SELECT f.batch_id, f.file_type, f.file_modified_at, f.total_rows, f.total_rows - coalesce(r.rows, 0)::integer AS unreadable_rows, coalesce(w.rows, 0)::integer AS wrong_rows
  FROM file f LEFT JOIN read r USING (batch_id, file_type) LEFT JOIN wrong w USING (batch_id, file_type)
)
SELECT batch_id, file_type, batch_id AS file_name, file_modified_at, total_rows, total_rows - unreadable_rows - wrong_rows AS valid_rows,
  unreadable_rows + wrong_rows AS error_rows, unreadable_rows,
  CASE WHEN total_rows = 0 THEN 100 ELSE round(100.0 * (total_rows - unreadable_rows - wrong_rows) / total_rows, 2) END AS success_rate
FROM counted
