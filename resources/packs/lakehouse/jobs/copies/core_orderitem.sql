/*
kind: merge
source: changes
stream: public.core_orderitem
target: core_orderitem
key: [id]
changes: true
# A shop may have no row of a kind; its copy then has none either.
empty: allow
checks:
  - range: { column: quantity, min: 1 }
  - range: { column: total, min: 0 }
*/
SELECT * FROM incoming
