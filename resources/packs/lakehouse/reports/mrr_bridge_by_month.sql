/*
title: MRR bridge
description: "From one month’s recurring revenue to the next: new, back again, more, less, gone. The newest month ends at the newest data."
chart: { kind: bar, x: month, y: closing_mrr }
columns:
  - { name: month, label: Month, format: date }
  - { name: opening_mrr, label: Opening, format: money }
  - { name: new_mrr, label: New, format: money }
  - { name: reactivation_mrr, label: Reactivation, format: money }
  - { name: expansion_mrr, label: Expansion, format: money }
  - { name: contraction_mrr, label: Contraction, format: money }
  - { name: churn_mrr, label: Churn, format: money }
  - { name: closing_mrr, label: Closing, format: money }
  - { name: net_change, label: Net change, format: money }
parameters:
  - { name: tenant, label: Tenant, type: text, values: SELECT slug FROM core_tenant ORDER BY slug }
reconciliation:
  - label: Sum of net changes = MRR of now
    sum_of: net_change
    equals: >-
      SELECT sum(s.monthly_amount) FROM core_subscription s JOIN core_tenant t ON t.id = s.tenant_id WHERE s.status = 'active' AND (:tenant IS NULL OR t.slug = :tenant)
*/
SELECT b.month, sum(b.opening_mrr) AS opening_mrr, sum(b.new_mrr) AS new_mrr, sum(b.reactivation_mrr) AS reactivation_mrr, sum(b.expansion_mrr) AS expansion_mrr,
  -sum(b.contraction_mrr) AS contraction_mrr, -sum(b.churn_mrr) AS churn_mrr, sum(b.closing_mrr) AS closing_mrr, sum(b.closing_mrr - b.opening_mrr) AS net_change
FROM mrr_bridge b JOIN core_tenant t ON t.id = b.tenant_id WHERE (:tenant IS NULL OR t.slug = :tenant)
GROUP BY b.month ORDER BY b.month
