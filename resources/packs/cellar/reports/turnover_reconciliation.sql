/*
title: Where the turnover is
description: All turnover that the sales files name, and what became of it. The parts add up to the files, so nothing is lost.
columns:
  - { name: part, label: Part, format: text }
  - { name: sales_lines, label: Lines, format: integer }
  - { name: amount_ht, label: Turnover (HT), format: money }
  - { name: meaning, label: Meaning, format: text }
reconciliation:
  - label: Sum of parts = all amounts in the sales files
    sum_of: amount_ht
    equals: SELECT sum(amount_ht * occurrences) FROM raw_sales_lines
  - label: Lines of parts = all lines of the sales files
    sum_of: sales_lines
    equals: SELECT sum(total_rows) FROM ingestion_batches WHERE file_type = 'sales_lines'
*/
WITH once AS (
  SELECT coalesce(waits_for, 'PENDING') AS part, sum(copies) AS sales_lines, sum(amount_ht * copies) AS amount_ht FROM sales_line
  WHERE waits_for IS NOT NULL OR NOT EXISTS (SELECT 1 FROM order_line o WHERE o.line_hash = sales_line.line_hash) GROUP BY 1
), loaded AS (
  SELECT 'LOADED' AS part, count(*) AS sales_lines, sum(amount_ht) AS amount_ht FROM order_line
), raw AS (
  SELECT sum(occurrences) AS sales_lines, sum(amount_ht * occurrences) AS amount_ht FROM raw_sales_lines WHERE line_hash IS NOT NULL
), distinct_lines AS (
  SELECT sum(copies) AS sales_lines, sum(amount_ht * copies) AS amount_ht FROM sales_line
), parts AS (
  SELECT * FROM once UNION ALL SELECT * FROM loaded
  UNION ALL SELECT 'REPEATED', coalesce(r.sales_lines - d.sales_lines, 0), coalesce(r.amount_ht - d.amount_ht, 0) FROM raw r, distinct_lines d
  UNION ALL SELECT 'INVALID', sum(occurrences), sum(amount_ht * occurrences) FROM raw_sales_lines WHERE line_hash IS NULL
  UNION ALL SELECT 'UNREADABLE', sum(unreadable_rows), 0 FROM ingestion_batches WHERE file_type = 'sales_lines'
)
SELECT m.part, coalesce(p.sales_lines, 0) AS sales_lines, coalesce(p.amount_ht, 0) AS amount_ht, m.meaning
FROM (VALUES
  (1, 'LOADED', 'Order lines, the base of profiles and reports'),
  (2, 'PENDING', 'Nothing is missing any more: the next run loads them'),
  (3, 'PRODUCT_NOT_FOUND', 'The label is unknown: report unknown_labels, quintile aliases'),
  (4, 'CUSTOMER_NOT_FOUND', 'No valid line of a customers file has the code'),
  (5, 'CREDIT_NOTE', 'Negative amounts, kept in the view credit_note'),
  (6, 'INVALID', 'Date, number or label cannot be read: table ingestion_errors'),
  (7, 'REPEATED', 'The same line in another export too: counted once'),
  (8, 'UNREADABLE', 'Lines that never became rows: quintile rejects list')
) AS m(position, part, meaning) LEFT JOIN parts p USING (part) ORDER BY m.position
