/*
title: Contacts by month and channel
description: How many contacts there were, and with how many customers. UTC.
chart: { kind: stacked-bar, x: month, y: contacts, series: channel }
columns:
  - { name: month, label: Month, format: date }
  - { name: channel, label: Channel, format: text }
  - { name: contacts, label: Contacts, format: integer }
  - { name: customers, label: Customers, format: integer }
*/
WITH contacts AS (
  {{contacts}}
)
SELECT date_trunc('month', contacted_at)::date AS month, coalesce(channel, 'unknown') AS channel, count(*) AS contacts, count(DISTINCT customer_id) AS customers
FROM contacts GROUP BY 1, 2 ORDER BY 1, 2
