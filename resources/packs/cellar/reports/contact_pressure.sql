/*
title: Who may be contacted
description: Customers by whether and why not they may be contacted now. The silence window is the setting silence_window_days; the comparison is strict, so a contact exactly so long ago is over.
columns:
  - { name: state, label: State, format: text }
  - { name: customers, label: Customers, format: integer }
  - { name: revenue, label: Turnover (HT), format: money }
reconciliation:
  - label: Customers = customers with a profile
    sum_of: customers
    equals: SELECT count(*) FROM client_master_profile
*/
SELECT CASE WHEN is_optout THEN 'opted out' WHEN NOT is_contactable THEN 'no way to reach' WHEN in_silence_window THEN 'in the silence window' ELSE 'may be contacted' END AS state,
  count(*) AS customers, sum(ca_ht) AS revenue
FROM customer_features_view GROUP BY 1 ORDER BY 2 DESC, 1
