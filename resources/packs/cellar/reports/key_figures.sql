/*
title: Key figures
description: The winery in seven numbers.
columns:
  - { name: name, label: Name, format: text }
  - { name: label, label: Figure, format: text }
  - { name: value, label: Value, format: text }
  - { name: format, label: Format, format: text }
  - { name: definition, label: Definition, format: text }
*/
WITH sales AS (
  SELECT coalesce(sum(amount_ht), 0) AS turnover, count(DISTINCT doc_ref) AS orders FROM order_line
), people AS (
  SELECT count(*) AS customers, count(*) FILTER (WHERE nb_commandes > 1) AS returning, count(*) FILTER (WHERE nb_commandes > 0) AS buyers FROM client_master_profile
), waiting AS (
  SELECT coalesce(sum(amount_ht * copies), 0) AS turnover FROM sales_line WHERE waits_for IN ('PRODUCT_NOT_FOUND', 'CUSTOMER_NOT_FOUND')
), reachable AS (
  SELECT count(*) AS customers FROM customer_features_view WHERE is_contactable AND NOT in_silence_window
)
SELECT f.name, f.label, f.value, f.format, f.definition
FROM sales s CROSS JOIN people p CROSS JOIN waiting w CROSS JOIN reachable r CROSS JOIN LATERAL (VALUES
  (1, 'turnover', 'Turnover (HT)', s.turnover::text, 'money', 'Sum of amount_ht over order lines, credit notes not deducted.'),
  (2, 'customers', 'Customers', p.customers::text, 'integer', 'Customers after merging duplicates, prospects included.'),
  (3, 'orders', 'Orders', s.orders::text, 'integer', 'Distinct documents.'),
  (4, 'average_order', 'Average order', round(s.turnover / nullif(s.orders, 0), 2)::text, 'money', 'Turnover divided by orders.'),
  (5, 'returning', 'Returning customers', round(p.returning::numeric / nullif(p.buyers, 0), 4)::text, 'percent', 'Share of buyers with more than one order.'),
  (6, 'waiting', 'Turnover that waits', w.turnover::text, 'money', 'Lines whose product label or customer is not known yet; see turnover_reconciliation.'),
  (7, 'contactable', 'May be contacted now', r.customers::text, 'integer', 'Contactable, and the last contact is at least silence_window_days ago.')
) AS f(position, name, label, value, format, definition)
ORDER BY f.position
