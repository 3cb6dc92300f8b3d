/*
kind: merge
source: changes
stream: public.core_tenant
target: core_tenant
key: [id]
changes: true
# A shop may have no row of a kind; its copy then has none either.
empty: allow
checks:
  - not_null: name
  - { unique: slug, severity: warn }
*/
SELECT * FROM incoming
