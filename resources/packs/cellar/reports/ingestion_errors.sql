/*
title: Lines kept out
description: Errors by file and code, with one line as an example; all lines stand in the table ingestion_errors.
columns:
  - { name: file_name, label: File, format: text }
  - { name: error_code, label: Code, format: text }
  - { name: error_lines, label: Lines, format: integer }
  - { name: amount_ht, label: Turnover (HT), format: money }
  - { name: first_row, label: First row, format: integer }
  - { name: example, label: For example, format: text }
reconciliation:
  - label: Sum of rows = lines in ingestion_errors
    sum_of: error_lines
    equals: SELECT sum(lines) FROM ingestion_errors
*/
SELECT file_name, error_code, sum(lines) AS error_lines, sum(amount_ht * lines) AS amount_ht, min(row_number) AS first_row,
  (array_agg(error_message ORDER BY row_number))[1] AS example
FROM ingestion_errors GROUP BY file_name, error_code ORDER BY file_name, error_code
