/*
title: Key figures
description: The loyalty programme in seven numbers.
columns:
  - { name: name, label: Name, format: text }
  - { name: label, label: Figure, format: text }
  - { name: value, label: Value, format: text }
  - { name: format, label: Format, format: text }
  - { name: definition, label: Definition, format: text }
*/
WITH people AS (
  SELECT count(*) AS customers, count(*) FILTER (WHERE customer_status = 'active') AS active, sum(total_revenue) AS revenue,
    count(*) FILTER (WHERE churn_score > 0.7) AS at_risk, avg(lifetime_value) AS lifetime_value FROM customer_features_view
), offers AS (
  SELECT count(*) AS sent, count(*) FILTER (WHERE converted) AS converted FROM customer_offer_history
), points AS (
  SELECT sum(points_earned) - sum(points_redeemed) AS balance FROM customer_transaction_history
)
SELECT f.name, f.label, f.value, f.format, f.definition
FROM people p CROSS JOIN offers o CROSS JOIN points b CROSS JOIN LATERAL (VALUES
  (1, 'customers', 'Customers', p.customers::text, 'integer', 'Customers with features.'),
  (2, 'active', 'Active customers', round(p.active::numeric / nullif(p.customers, 0), 4)::text, 'percent', 'Share of customers whose status is active.'),
  (3, 'revenue', 'Revenue', round(p.revenue, 2)::text, 'money', 'Revenue of all customers over their whole membership.'),
  (4, 'lifetime_value', 'Average lifetime value', round(p.lifetime_value, 2)::text, 'money', 'Mean of the expected lifetime value.'),
  (5, 'at_risk', 'Likely to leave', p.at_risk::text, 'integer', 'Customers with a churn score above 0.7.'),
  (6, 'conversion', 'Offers taken', round(o.converted::numeric / nullif(o.sent, 0), 4)::text, 'percent', 'Offers that were taken, of all that were sent.'),
  (7, 'points', 'Points earned less redeemed', round(b.balance, 0)::text, 'integer', 'Points of the recorded transactions; the points that offers bring come on top.')
) AS f(position, name, label, value, format, definition)
ORDER BY f.position
