/*
title: Order lines at a glance
description: What the imported lines hold, to be held against the file that they came from.
columns:
  - { name: figure, label: Figure, format: text }
  - { name: value, label: Value, format: text }
*/
WITH known AS (
  SELECT count(*) AS lines, count(*) FILTER (WHERE customer_id IS NULL) AS without_customer, count(DISTINCT customer_id) AS customers,
    count(DISTINCT document_number) AS documents, count(DISTINCT product_id) AS products, count(DISTINCT country) AS countries,
    count(*) FILTER (WHERE document_number LIKE 'C%') AS cancellation_lines, count(*) FILTER (WHERE unit_price = 0) AS zero_price, sum(quantity * unit_price) AS gross,
    sum(quantity * unit_price) FILTER (WHERE customer_id IS NOT NULL) AS net_known, count(*) - count(DISTINCT line_digest) AS duplicates
  FROM imported.order_lines
), cleaned AS (
  SELECT count(*) AS lines, count(DISTINCT customer_id) AS customers, count(DISTINCT document_number) AS documents, sum(quantity * unit_price) AS revenue
  FROM imported.order_lines WHERE customer_id IS NOT NULL AND quantity > 0 AND unit_price > 0
)
SELECT f.figure, f.value FROM known k CROSS JOIN cleaned c CROSS JOIN LATERAL (VALUES
  (1, 'Lines', k.lines::text), (2, 'Lines without customer', k.without_customer::text), (3, 'Customers', k.customers::text),
  (4, 'Documents', k.documents::text), (5, 'Products', k.products::text), (6, 'Countries', k.countries::text),
  (7, 'Repeated lines', k.duplicates::text), (8, 'Lines of cancellation documents (number begins with C)', k.cancellation_lines::text),
  (9, 'Lines at price zero', k.zero_price::text), (10, 'Sum of all lines', trim_scale(k.gross)::text),
  (11, 'Sum of lines with customer', trim_scale(k.net_known)::text), (12, 'Sold lines with customer and price', c.lines::text),
  (13, 'Customers of those', c.customers::text), (14, 'Documents of those', c.documents::text), (15, 'Sum of those', trim_scale(c.revenue)::text)
) AS f(position, figure, value) ORDER BY f.position
