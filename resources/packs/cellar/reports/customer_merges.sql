/*
title: Merged customers
description: Codes that are the same customer as another one, by e-mail and a second field; and codes that share an e-mail and were not merged. reference/customer_merge_decisions.csv changes either.
columns:
  - { name: outcome, label: Outcome, format: text }
  - { name: customer_code, label: Code, format: text }
  - { name: other_code, label: Other code, format: text }
  - { name: email, label: E-mail, format: text }
  - { name: matched_on, label: Beside the e-mail, format: text }
*/
SELECT 'merged' AS outcome, merged_code AS customer_code, surviving_code AS other_code, email, matched_on FROM customer_merge
UNION ALL
SELECT 'not merged', b.customer_code, a.customer_code, a.email, 'nothing else matches'
FROM customer_record a JOIN customer_record b ON a.email = b.email AND a.customer_code COLLATE "C" < b.customer_code COLLATE "C"
LEFT JOIN customer_merge m ON m.merged_code = a.customer_code LEFT JOIN customer_merge n ON n.merged_code = b.customer_code
WHERE coalesce(m.surviving_code, a.customer_code) <> coalesce(n.surviving_code, b.customer_code)
ORDER BY 1, 3, 2
