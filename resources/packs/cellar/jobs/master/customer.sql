/*
kind: merge
target: customer
key: [customer_code]
needs: [customer_record, customer_merge, raw_contacts]
*/
-- One row per surviving code: of each column the survivor's value, else that of the next code of the group. Opt-out and bounce hold
-- for the whole group, whichever of its codes they were noted under.
WITH member AS (
  SELECT coalesce(m.surviving_code, r.customer_code) AS code, r.*, row_number() OVER (PARTITION BY coalesce(m.surviving_code, r.customer_code)
    ORDER BY m.surviving_code IS NOT NULL, r.customer_code COLLATE "C") AS place
  FROM customer_record r LEFT JOIN customer_merge m ON m.merged_code = r.customer_code
), merged AS (
  SELECT code,
    (array_agg(last_name ORDER BY place) FILTER (WHERE last_name IS NOT NULL))[1] AS last_name,
    (array_agg(first_name ORDER BY place) FILTER (WHERE first_name IS NOT NULL))[1] AS first_name,
    (array_agg(email ORDER BY place) FILTER (WHERE email IS NOT NULL))[1] AS email,
    (array_agg(phone ORDER BY place) FILTER (WHERE phone IS NOT NULL))[1] AS phone,
    (array_agg(address ORDER BY place) FILTER (WHERE address IS NOT NULL))[1] AS address,
    (array_agg(postal_code ORDER BY place) FILTER (WHERE postal_code IS NOT NULL))[1] AS postal_code,
    (array_agg(city ORDER BY place) FILTER (WHERE city IS NOT NULL))[1] AS city,
    (array_agg(country ORDER BY place) FILTER (WHERE country IS NOT NULL))[1] AS country,
    coalesce(bool_or(is_bounced), false) AS is_bounced, coalesce(bool_or(is_optout), false) AS is_optout, coalesce(bool_and(is_contactable), true) AS is_contactable,
    (array_agg(batch_id ORDER BY place))[1] AS batch_id
  FROM member GROUP BY code
), contact AS (
  SELECT coalesce(m.surviving_code, c.customer_code) AS code, bool_or(c.status = 'UNSUBSCRIBED') AS unsubscribed,
    (array_agg(c.status = 'BOUNCED' ORDER BY c.contact_date DESC, c.status = 'BOUNCED' DESC) FILTER (WHERE c.channel = 'EMAIL'))[1] AS bounced
  FROM raw_contacts c LEFT JOIN customer_merge m ON m.merged_code = c.customer_code
  WHERE c.error_code IS NULL GROUP BY 1
), flagged AS (
  SELECT g.*, g.is_bounced OR coalesce(c.bounced, false) AS bounced, g.is_optout OR coalesce(c.unsubscribed, false) AS optout
  FROM merged g LEFT JOIN contact c USING (code)
)
SELECT code AS customer_code, last_name, first_name, email, phone, address, postal_code, city, country, bounced AS is_bounced, optout AS is_optout,
  is_contactable AND NOT optout AND (email IS NOT NULL AND NOT bounced OR phone IS NOT NULL OR address IS NOT NULL AND postal_code IS NOT NULL) AS is_contactable, batch_id
FROM flagged
