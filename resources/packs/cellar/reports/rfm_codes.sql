/*
title: RFM codes
description: Buyers by their three scores side by side, with their turnover.
columns:
  - { name: rfm, label: RFM, format: text }
  - { name: segment, label: Segment, format: text }
  - { name: customers, label: Customers, format: integer }
  - { name: revenue, label: Turnover (HT), format: money }
reconciliation:
  - label: Turnover of codes = order lines
    sum_of: revenue
    equals: SELECT sum(amount_ht) FROM order_line
*/
SELECT rfm, segment, count(*) AS customers, sum(ca_ht) AS revenue FROM client_master_profile WHERE rfm IS NOT NULL GROUP BY rfm, segment ORDER BY rfm DESC, segment
