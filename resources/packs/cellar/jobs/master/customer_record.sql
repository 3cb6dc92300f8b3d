/*
kind: transform
target: customer_record
key: [customer_code]
empty: allow
needs: [raw_customers]
*/
-- Of each column the newest value that is not empty, over all valid lines of a code.
WITH line AS (
  SELECT *, row_number() OVER (PARTITION BY customer_code ORDER BY file_modified_at DESC, batch_id DESC, row_number) AS age
  FROM raw_customers WHERE error_code IS NULL
)
SELECT customer_code,
  (array_agg(last_name ORDER BY age) FILTER (WHERE last_name IS NOT NULL))[1] AS last_name,
  (array_agg(first_name ORDER BY age) FILTER (WHERE first_name IS NOT NULL))[1] AS first_name,
  (array_agg(email ORDER BY age) FILTER (WHERE email IS NOT NULL))[1] AS email,
  (array_agg(phone ORDER BY age) FILTER (WHERE phone IS NOT NULL))[1] AS phone,
  (array_agg(address ORDER BY age) FILTER (WHERE address IS NOT NULL))[1] AS address,
  (array_agg(postal_code ORDER BY age) FILTER (WHERE postal_code IS NOT NULL))[1] AS postal_code,
  (array_agg(city ORDER BY age) FILTER (WHERE city IS NOT NULL))[1] AS city,
  (array_agg(country ORDER BY age) FILTER (WHERE country IS NOT NULL))[1] AS country,
  (array_agg(is_bounced ORDER BY age) FILTER (WHERE is_bounced IS NOT NULL))[1] AS is_bounced,
  (array_agg(is_optout ORDER BY age) FILTER (WHERE is_optout IS NOT NULL))[1] AS is_optout,
  (array_agg(is_contactable ORDER BY age) FILTER (WHERE is_contactable IS NOT NULL))[1] AS is_contactable,
  (array_agg(batch_id ORDER BY age))[1] AS batch_id
FROM line GROUP BY customer_code
