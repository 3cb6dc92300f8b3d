/*
title: Files read
description: Each file of the inbox with its lines, valid ones and errors. A file without any line succeeded by 100 %.
columns:
  - { name: batch_id, label: Batch, format: text }
  - { name: file_type, label: Type, format: text }
  - { name: file_modified_at, label: Written, format: datetime }
  - { name: total_rows, label: Total, format: integer }
  - { name: valid_rows, label: Valid, format: integer }
  - { name: error_rows, label: Errors, format: integer }
  - { name: unreadable_rows, label: Of these unreadable, format: integer }
  - { name: success_rate, label: Success rate (%), format: decimal }
reconciliation:
  - label: Lines = rows of staging and unreadable lines
    sum_of: total_rows
    equals: SELECT (SELECT coalesce(sum(occurrences), 0) FROM raw_customers) + (SELECT coalesce(sum(occurrences), 0) FROM raw_sales_lines) + (SELECT coalesce(sum(occurrences), 0) FROM raw_contacts) + (SELECT coalesce(sum(unreadable_rows), 0) FROM ingestion_batches)
  - label: Errors = lines in ingestion_errors and unreadable ones
    sum_of: error_rows
    equals: SELECT (SELECT coalesce(sum(lines), 0) FROM ingestion_errors) + (SELECT coalesce(sum(unreadable_rows), 0) FROM ingestion_batches)
*/
SELECT batch_id, file_type, file_modified_at, total_rows, valid_rows, error_rows, unreadable_rows, success_rate
FROM ingestion_batches ORDER BY file_modified_at DESC, file_type, batch_id
