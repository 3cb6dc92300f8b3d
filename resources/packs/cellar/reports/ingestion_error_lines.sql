/*
title: Lines kept out, one by one
description: The lines themselves, by file and row, at most 1,000.
parameters:
  - { name: error_code, label: Code, type: text, values: SELECT DISTINCT error_code FROM ingestion_errors ORDER BY 1 }
  - { name: file_name, label: File, type: text, values: SELECT DISTINCT file_name FROM ingestion_errors ORDER BY 1 }
columns:
  - { name: file_name, label: File, format: text }
  - { name: row_number, label: Row, format: integer }
  - { name: error_code, label: Code, format: text }
  - { name: error_message, label: What is wrong, format: text }
  - { name: amount_ht, label: Turnover (HT), format: money }
  - { name: raw_row, label: As it stands in the file, format: text }
*/
SELECT file_name, row_number, error_code, error_message, amount_ht, raw_row::text AS raw_row
FROM ingestion_errors
WHERE (:error_code IS NULL OR error_code = :error_code) AND (:file_name IS NULL OR file_name = :file_name)
ORDER BY file_name, row_number LIMIT 1000
