/*
kind: merge
source: changes
stream: public.core_invoice
target: core_invoice
key: [id]
changes: true
# A shop may have no row of a kind; its copy then has none either.
empty: allow
data_as_of: updated_at
checks:
  - accepted_values: { column: status, values: [draft, sent, paid, overdue, cancelled] }
  - range: { column: amount, min: 0 }
*/
SELECT * FROM incoming
