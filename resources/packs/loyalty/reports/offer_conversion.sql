/*
title: Offer conversion
description: What became of each offer. Rates are parts of what was sent.
chart: { kind: bar, x: offer_name, y: conversion_rate }
columns:
  - { name: offer_id, label: Offer, format: integer }
  - { name: offer_name, label: Name, format: text }
  - { name: category, label: Category, format: text }
  - { name: sent, label: Sent, format: integer }
  - { name: opened, label: Opened, format: integer }
  - { name: clicked, label: Clicked, format: integer }
  - { name: converted, label: Taken, format: integer }
  - { name: conversion_rate, label: Conversion, format: percent }
  - { name: avg_hours_to_convert, label: Average hours to take it, format: decimal }
  - { name: points_earned, label: Points, format: decimal }
reconciliation:
  - label: Sent by offer = all offers sent
    sum_of: sent
    equals: SELECT count(*) FROM customer_offer_history
  - label: Taken by offer = all offers taken
    sum_of: converted
    equals: SELECT count(*) FROM customer_offer_history WHERE converted
*/
SELECT o.offer_id, o.offer_name, o.category, count(h.id) AS sent, count(h.opened_at) AS opened, count(h.clicked_at) AS clicked, count(h.converted_at) AS converted,
  round(count(h.converted_at)::numeric / nullif(count(h.id), 0), 4) AS conversion_rate,
  round(avg(extract(epoch FROM h.converted_at - h.sent_at) / 3600), 1) AS avg_hours_to_convert, coalesce(sum(h.points_earned), 0) AS points_earned
FROM offer_catalogue o LEFT JOIN customer_offer_history h USING (offer_id)
GROUP BY o.offer_id, o.offer_name, o.category ORDER BY o.offer_id
