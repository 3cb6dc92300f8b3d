/*
kind: transform
target: customer_merge
key: [merged_code]
empty: allow
needs: [customer_record, customer_merge_decision]
checks:
  - name: survivor_was_merged_itself
    sql: SELECT m.* FROM customer_merge m JOIN customer_merge o ON o.merged_code = m.surviving_code
*/
-- Two codes are one customer when the e-mail is the same and the name, the phone or the address is too; what belongs together by
-- several such pairs is one group, and its smallest code survives. An e-mail alone never merges: families and firms share one.
WITH RECURSIVE pair AS (
  SELECT a.customer_code AS one, b.customer_code AS other, a.email,
    concat_ws(' and ', CASE WHEN a.name_key = b.name_key THEN 'name' END, CASE WHEN a.phone_key = b.phone_key THEN 'phone' END,
      CASE WHEN a.address_key = b.address_key THEN 'address' END) AS matched_on
  FROM customer_record a JOIN customer_record b ON a.email = b.email AND a.customer_code COLLATE "C" < b.customer_code COLLATE "C"
  WHERE a.name_key = b.name_key OR a.phone_key = b.phone_key OR a.address_key = b.address_key
  UNION ALL
  SELECT least(d.customer_code COLLATE "C", d.other_code COLLATE "C"), greatest(d.customer_code COLLATE "C", d.other_code COLLATE "C"), NULL, 'decision'
  FROM customer_merge_decision d WHERE decision = 'same' AND customer_code IN (SELECT customer_code FROM customer_record) AND other_code IN (SELECT customer_code FROM customer_record)
), edge AS (
  SELECT one, other FROM pair p
  WHERE NOT EXISTS (SELECT 1 FROM customer_merge_decision d WHERE d.decision = 'apart' AND (p.one, p.other) IN ((d.customer_code, d.other_code), (d.other_code, d.customer_code)))
), both_ways AS (
  SELECT one, other FROM edge UNION SELECT other, one FROM edge
), reached AS (
  SELECT one AS code, one AS root FROM both_ways
  UNION
  SELECT w.other, r.root FROM reached r JOIN both_ways w ON w.one = r.code
), grouped AS (
  SELECT code, min(root COLLATE "C") AS surviving_code FROM reached GROUP BY code
)
SELECT g.code AS merged_code, g.surviving_code, (array_agg(p.email ORDER BY p.email) FILTER (WHERE p.email IS NOT NULL))[1] AS email,
  string_agg(DISTINCT p.matched_on, ', ' ORDER BY p.matched_on) AS matched_on
FROM grouped g JOIN pair p ON g.code IN (p.one, p.other)
WHERE g.code <> g.surviving_code
GROUP BY g.code, g.surviving_code
