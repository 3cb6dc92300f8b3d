/*
kind: merge
source: changes
stream: public.core_order
target: core_order
key: [id]
changes: true
# A shop may have no row of a kind; its copy then has none either.
empty: allow
data_as_of: updated_at
checks:
  - accepted_values: { column: status, values: [pending, processing, completed, cancelled] }
  - range: { column: total, min: 0 }
  - name: total_is_the_sum
    severity: warn
    sql: SELECT * FROM core_order WHERE total <> subtotal + tax + shipping
*/
SELECT * FROM incoming
