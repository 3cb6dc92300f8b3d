/*
kind: merge
target: contact_event
key: [event_hash]
deleted: gone
watermark: file_modified_at
data_as_of: contact_date
needs: [raw_contacts, customer, customer_merge]
*/
-- Contacts of known customers, each once over all files; after the first load only what is new, differs or is gone.
WITH wanted AS (
  SELECT DISTINCT ON (r.event_hash) r.event_hash, c.customer_code, r.contact_date, r.channel, r.status, r.campaign_id, r.customer_code AS source_customer_code, r.file_modified_at
  FROM raw_contacts r LEFT JOIN customer_merge m ON m.merged_code = r.customer_code
  JOIN customer c ON c.customer_code = coalesce(m.surviving_code, r.customer_code)
  WHERE r.error_code IS NULL ORDER BY r.event_hash, r.file_modified_at DESC
)
SELECT event_hash, w.customer_code, w.contact_date, w.channel, w.status, w.campaign_id, w.source_customer_code, w.file_modified_at, w.customer_code IS NULL AS gone
FROM wanted w FULL JOIN contact_event e USING (event_hash)
WHERE :since::text = '-infinity' OR w.customer_code IS DISTINCT FROM e.customer_code
