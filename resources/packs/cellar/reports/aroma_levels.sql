/*
title: Aroma profiles
description: Customers by level of their aroma profile and by strongest axis. Below aroma.min_orders_for_confidence orders there is no profile, and the level is LOW.
columns:
  - { name: aroma_level, label: Level, format: text }
  - { name: aroma_axe_1, label: Strongest axis, format: text }
  - { name: customers, label: Customers, format: integer }
  - { name: avg_confidence, label: Average confidence, format: percent }
  - { name: avg_stability, label: Average stability, format: percent }
reconciliation:
  - label: Customers = customers with a profile
    sum_of: customers
    equals: SELECT count(*) FROM client_master_profile
*/
SELECT aroma_level, coalesce(aroma_axe_1, '(none)') AS aroma_axe_1, count(*) AS customers, round(avg(aroma_confidence), 4) AS avg_confidence, round(avg(aroma_stability), 4) AS avg_stability
FROM client_master_profile GROUP BY 1, 2
ORDER BY array_position(ARRAY['HIGH', 'MEDIUM', 'LOW'], aroma_level::text), customers DESC, 2
