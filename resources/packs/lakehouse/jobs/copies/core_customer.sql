/*
kind: merge
source: changes
stream: public.core_customer
target: core_customer
key: [id]
changes: true
# A shop may have no row of a kind; its copy then has none either.
empty: allow
checks:
  - not_null: tenant_id
  - not_null: email
  - { unique: [tenant_id, email], severity: warn }
*/
SELECT * FROM incoming
