/*
kind: merge
source: changes
stream: public.core_subscription
target: core_subscription
key: [id]
changes: true
# A shop may have no row of a kind; its copy then has none either.
empty: allow
data_as_of: updated_at
checks:
  - accepted_values: { column: status, values: [trial, active, cancelled, expired] }
  - range: { column: monthly_amount, min: 0 }
*/
SELECT * FROM incoming
