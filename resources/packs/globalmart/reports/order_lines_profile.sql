/*
title: Order lines at a glance
description: What the imported lines hold, to be held against the file that they came from.
columns:
  - { name: figure, label: Figure, format: text }
  - { name: value, label: Value, format: text }
*/
-- Each distinct count is a table of its own: they hash (and run in parallel), where count(DISTINCT …) would sort eight times.
WITH sums AS (
  SELECT count(*) AS lines, count(*) FILTER (WHERE customer_id IS NULL) AS without_customer, count(*) FILTER (WHERE document_number LIKE 'C%') AS cancellation_lines,
    count(*) FILTER (WHERE unit_price = 0) AS zero_price, sum(quantity * unit_price) AS gross, sum(quantity * unit_price) FILTER (WHERE customer_id IS NOT NULL) AS net_known,
    count(*) FILTER (WHERE customer_id IS NOT NULL AND quantity > 0 AND unit_price > 0) AS sold_lines,
    sum(quantity * unit_price) FILTER (WHERE customer_id IS NOT NULL AND quantity > 0 AND unit_price > 0) AS sold
  FROM imported.order_lines
), customers AS (
  SELECT customer_id, bool_or(quantity > 0 AND unit_price > 0) AS sold FROM imported.order_lines WHERE customer_id IS NOT NULL GROUP BY customer_id
), documents AS (
  SELECT document_number, bool_or(customer_id IS NOT NULL AND quantity > 0 AND unit_price > 0) AS sold FROM imported.order_lines WHERE document_number IS NOT NULL GROUP BY document_number
), contents AS (
  SELECT count(*) AS different FROM (SELECT DISTINCT document_number, product_id, product_name, quantity, unit_price, ordered_at, customer_id, country FROM imported.order_lines) d
)
SELECT f.figure, f.value FROM sums s CROSS JOIN contents c CROSS JOIN LATERAL (VALUES
  (1, 'Lines', s.lines::text), (2, 'Lines without customer', s.without_customer::text), (3, 'Customers', (SELECT count(*) FROM customers)::text),
  (4, 'Documents', (SELECT count(*) FROM documents)::text), (5, 'Products', (SELECT count(*) FROM (SELECT DISTINCT product_id FROM imported.order_lines) p)::text),
  (6, 'Countries', (SELECT count(*) FROM (SELECT DISTINCT country FROM imported.order_lines WHERE country IS NOT NULL) p)::text),
  (7, 'Repeated lines', (s.lines - c.different)::text), (8, 'Lines of cancellation documents (number begins with C)', s.cancellation_lines::text),
  (9, 'Lines at price zero', s.zero_price::text), (10, 'Sum of all lines', trim_scale(s.gross)::text), (11, 'Sum of lines with customer', trim_scale(s.net_known)::text),
  (12, 'Sold lines with customer and price', s.sold_lines::text), (13, 'Customers of those', (SELECT count(*) FROM customers WHERE sold)::text),
  (14, 'Documents of those', (SELECT count(*) FROM documents WHERE sold)::text), (15, 'Sum of those', trim_scale(s.sold)::text)
) AS f(position, figure, value) ORDER BY f.position
