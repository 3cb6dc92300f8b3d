/*
title: Events by type
description: "Every type of event with its number of events and of distinct sessions."
chart: { kind: bar, x: event_type, y: event_count }
columns:
  - { name: event_type, label: Event, format: text }
  - { name: event_count, label: Events, format: integer }
  - { name: session_count, label: Sessions, format: integer }
  - { name: events_per_session, label: Events per session, format: decimal }
parameters:
  - { name: tenant, label: Tenant, type: text, values: SELECT slug FROM core_tenant ORDER BY slug }
reconciliation:
  - label: Sum of types = events
    sum_of: event_count
    equals: >-
      SELECT count(*) FROM core_event e JOIN core_tenant t ON t.id = e.tenant_id WHERE (:tenant IS NULL OR t.slug = :tenant)
*/
SELECT f.event_type, sum(f.event_count) AS event_count, sum(f.session_count) AS session_count, round(sum(f.event_count) / nullif(sum(f.session_count), 0), 2) AS events_per_session
FROM event_funnel f JOIN core_tenant t ON t.id = f.tenant_id WHERE (:tenant IS NULL OR t.slug = :tenant)
GROUP BY f.event_type ORDER BY sum(f.event_count) DESC, f.event_type
