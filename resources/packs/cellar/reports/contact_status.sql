/*
title: Contacts by campaign
description: Contacts of each campaign with what came of them.
columns:
  - { name: campaign_id, label: Campaign, format: text }
  - { name: channel, label: Channel, format: text }
  - { name: first_date, label: First day, format: date }
  - { name: contacts, label: Contacts, format: integer }
  - { name: opened, label: Opened or clicked, format: integer }
  - { name: bounced, label: Bounced, format: integer }
  - { name: unsubscribed, label: Unsubscribed, format: integer }
reconciliation:
  - label: Sum of campaigns = contact events
    sum_of: contacts
    equals: SELECT count(*) FROM contact_event
*/
SELECT coalesce(campaign_id, '(none)') AS campaign_id, channel, min(contact_date) AS first_date, count(*) AS contacts,
  count(*) FILTER (WHERE status IN ('OPENED', 'CLICKED')) AS opened, count(*) FILTER (WHERE status = 'BOUNCED') AS bounced, count(*) FILTER (WHERE status = 'UNSUBSCRIBED') AS unsubscribed
FROM contact_event GROUP BY 1, 2 ORDER BY first_date DESC, campaign_id, channel
