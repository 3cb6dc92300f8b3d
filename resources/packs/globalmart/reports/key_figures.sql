/*
title: Key figures
description: The size of the business in seven numbers, cancellations deducted.
columns:
  - { name: name, label: Name, format: text }
  - { name: label, label: Figure, format: text }
  - { name: value, label: Value, format: text }
  - { name: format, label: Format, format: text }
  - { name: definition, label: Definition, format: text }
*/
WITH sales AS (
  SELECT count(*) AS lines, sum(total_revenue) AS revenue, count(DISTINCT transaction_id) FILTER (WHERE quantity > 0) AS orders,
    sum(total_revenue) FILTER (WHERE user_id IS NOT NULL) AS known_revenue,
    count(*) FILTER (WHERE user_id IS NULL) AS guest_lines, -sum(total_revenue) FILTER (WHERE quantity < 0) AS cancelled
  FROM fact_sales
), people AS (
  SELECT count(*) AS customers, count(*) FILTER (WHERE total_transactions > 1) AS returning_customers FROM dim_customers WHERE is_current
)
SELECT f.name, f.label, f.value, f.format, f.definition
FROM sales s CROSS JOIN people p CROSS JOIN LATERAL (VALUES
  (1, 'revenue', 'Revenue', round(s.revenue, 2)::text, 'money', 'Quantity × price over all order lines, cancellations deducted, guests included.'),
  (2, 'customers', 'Customers', p.customers::text, 'integer', 'Customers with at least one order line.'),
  (3, 'orders', 'Orders', s.orders::text, 'integer', 'Distinct documents with at least one sold line.'),
  (4, 'average_order', 'Average order', round(s.revenue / nullif(s.orders, 0), 2)::text, 'money', 'Revenue divided by orders.'),
  (5, 'returning', 'Returning customers', round(p.returning_customers::numeric / nullif(p.customers, 0), 4)::text, 'percent', 'Share of customers with more than one order.'),
  (6, 'cancelled', 'Cancelled', round(s.cancelled, 2)::text, 'money', 'Value of the lines with a negative quantity.'),
  (7, 'guest_lines', 'Lines without customer', s.guest_lines::text, 'integer', 'Order lines that name no customer; they count in revenue and in no segment.')
) AS f(position, name, label, value, format, definition)
ORDER BY f.position
