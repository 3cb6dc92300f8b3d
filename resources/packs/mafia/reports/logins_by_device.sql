/*
title: Logins by device and country
description: Where users come from, and with what.
chart: { kind: stacked-bar, x: country, y: logins, series: device }
columns:
  - { name: country, label: Country, format: text }
  - { name: device, label: Device, format: text }
  - { name: logins, label: Logins, format: integer }
  - { name: users, label: Users, format: integer }
reconciliation:
  - label: Sum of rows = all logins
    sum_of: logins
    equals: SELECT count(*) FROM fact_access_events
*/
SELECT coalesce(country, 'unknown') AS country, coalesce(device_type, 'unknown') AS device, count(*) AS logins, count(DISTINCT user_id) AS users
FROM fact_access_events GROUP BY 1, 2 ORDER BY 1, 2
