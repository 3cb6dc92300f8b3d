/*
kind: merge
source: changes
stream: public.core_product
target: core_product
key: [id]
changes: true
# A shop may have no row of a kind; its copy then has none either.
empty: allow
checks:
  - range: { column: price, min: 0.01 }
  - range: { column: stock_quantity, min: 0 }
  - { unique: [tenant_id, sku], severity: warn }
*/
SELECT * FROM incoming
