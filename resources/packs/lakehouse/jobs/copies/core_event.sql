/*
kind: merge
source: changes
stream: public.core_event
target: core_event
key: [id]
changes: true
# A shop may have no row of a kind; its copy then has none either.
empty: allow
data_as_of: created_at
checks:
  - not_null: session_id
  - accepted_values: { column: event_type, values: [page_view, product_view, search, add_to_cart, remove_from_cart, checkout, purchase, click] }
*/
SELECT * FROM incoming
