/*
title: Key figures
description: The size of the business in six numbers; what is negative is deducted.
columns:
  - { name: name, label: Name, format: text }
  - { name: label, label: Figure, format: text }
  - { name: value, label: Value, format: text }
  - { name: format, label: Format, format: text }
  - { name: definition, label: Definition, format: text }
*/
WITH orders AS (
  {{orders}}
), sums AS (
  SELECT sum(amount) AS revenue, {{order_count}} AS orders, count(*) FILTER (WHERE customer_id IS NULL) AS guest_rows FROM orders
), buyers AS (
  SELECT count(*) AS buyers, count(*) FILTER (WHERE orders > 1) AS returning FROM (
    SELECT customer_id, {{order_count}} AS orders FROM orders WHERE customer_id IS NOT NULL GROUP BY customer_id HAVING bool_or(amount > 0)) b
), people AS (
  SELECT count(*) AS customers FROM (
    {{customers}}
  ) c
)
SELECT f.name, f.label, f.value, f.format, f.definition
FROM sums s CROSS JOIN buyers b CROSS JOIN people p CROSS JOIN LATERAL (VALUES
  (1, 'revenue', 'Revenue', round(s.revenue, 2)::text, 'money', 'Sum of all amounts, negative ones deducted, rows without a customer included.'),
  (2, 'customers', 'Customers', p.customers::text, 'integer', 'Customers of the features, or everybody who ordered where none are mapped.'),
  (3, 'buyers', 'Buyers', b.buyers::text, 'integer', 'Customers with at least one order that brought something.'),
  (4, 'orders', 'Orders', s.orders::text, 'integer', 'Orders that brought something.'),
  (5, 'average_order', 'Average order', round(s.revenue / nullif(s.orders, 0), 2)::text, 'money', 'Revenue divided by orders.'),
  (6, 'returning', 'Returning buyers', round(b.returning::numeric / nullif(b.buyers, 0), 4)::text, 'percent', 'Share of buyers with more than one order.')
) AS f(position, name, label, value, format, definition)
ORDER BY f.position
