/*
kind: merge
target: customer
key: [customer_code]
deleted: gone
needs: [customer, customer_record, customer_merge, order_line, contact_event, client_master_profile]
*/
-- Takes codes out that were merged into another one, or that no file names any more, once nothing refers to them: their lines, contacts
-- and profile went to the survivor in the steps before. The record and the merge map stay, so that a merge can be taken back.
SELECT c.customer_code, NOT EXISTS (SELECT 1 FROM customer_record r WHERE r.customer_code = c.customer_code AND NOT EXISTS (SELECT 1 FROM customer_merge m WHERE m.merged_code = r.customer_code))
  AND NOT EXISTS (SELECT 1 FROM order_line o WHERE o.customer_code = c.customer_code)
  AND NOT EXISTS (SELECT 1 FROM contact_event e WHERE e.customer_code = c.customer_code)
  AND NOT EXISTS (SELECT 1 FROM client_master_profile p WHERE p.customer_code = c.customer_code)
  AND NOT EXISTS (SELECT 1 FROM reco_item i WHERE i.customer_code = c.customer_code)
  AND NOT EXISTS (SELECT 1 FROM outcome_event v WHERE v.customer_code = c.customer_code) AS gone
FROM customer c
