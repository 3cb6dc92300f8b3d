/*
title: Event funnel
description: "How many sessions took each step, counted once however often they took it. The share is of the sessions that saw a page."
chart: { kind: bar, x: event_type, y: session_count }
columns:
  - { name: step, label: Step, format: integer }
  - { name: event_type, label: Event, format: text }
  - { name: event_count, label: Events, format: integer }
  - { name: session_count, label: Sessions, format: integer }
  - { name: share_of_sessions, label: Share of sessions, format: percent }
  - { name: share_of_step_before, label: Share of the step before, format: percent }
parameters:
  - { name: tenant, label: Tenant, type: text, values: SELECT slug FROM core_tenant ORDER BY slug }
*/
WITH counted AS (
  SELECT f.event_type, sum(f.event_count) AS event_count, sum(f.session_count) AS session_count
  FROM event_funnel f JOIN core_tenant t ON t.id = f.tenant_id WHERE (:tenant IS NULL OR t.slug = :tenant) GROUP BY f.event_type
), steps AS (
  SELECT * FROM (VALUES (1, 'page_view'), (2, 'product_view'), (3, 'add_to_cart'), (4, 'checkout'), (5, 'purchase')) AS s(step, event_type) JOIN counted USING (event_type)
)
SELECT step, event_type, event_count, session_count, round(session_count / nullif(first_value(session_count) OVER w, 0), 4) AS share_of_sessions,
  round(session_count / nullif(lag(session_count) OVER w, 0), 4) AS share_of_step_before
FROM steps WINDOW w AS (ORDER BY step) ORDER BY step
