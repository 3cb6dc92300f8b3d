/*
kind: transform
target: event_funnel
key: [tenant_id, event_type]
empty: allow
needs: [core_tenant, core_event]
*/
-- Sessions once per step: counted by events the steps would stand five to three to one, whoever buys.
WITH steps AS (
  SELECT tenant_id, session_id, event_type, count(*) AS events FROM core_event GROUP BY tenant_id, session_id, event_type
), counted AS (
  SELECT tenant_id, event_type, sum(events) AS event_count, count(*) AS session_count FROM steps GROUP BY tenant_id, event_type
), types AS (
  SELECT unnest(ARRAY['page_view', 'product_view', 'search', 'click', 'add_to_cart', 'remove_from_cart', 'checkout', 'purchase']) AS event_type
)
SELECT t.id AS tenant_id, y.event_type, coalesce(c.event_count, 0) AS event_count, coalesce(c.session_count, 0) AS session_count
FROM core_tenant t CROSS JOIN types y LEFT JOIN counted c ON c.tenant_id = t.id AND c.event_type = y.event_type
