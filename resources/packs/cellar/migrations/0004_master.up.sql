-- From staging to master data: one record per code, which codes are one customer, and what stands between a line and its load.

CREATE TABLE customer_record (
  customer_code varchar(255) PRIMARY KEY,
  last_name varchar(255), first_name varchar(255), email varchar(512), phone varchar(20), address text, postal_code varchar(20), city varchar(255), country varchar(100),
  is_bounced boolean, is_optout boolean, is_contactable boolean,
  batch_id varchar(255) NOT NULL,
  name_key text GENERATED ALWAYS AS (nullif(normalise_label(first_name) || ' ' || normalise_label(last_name), ' ')) STORED,
  phone_key text GENERATED ALWAYS AS (CASE WHEN length(regexp_replace(phone, '[^0-9]', '', 'g')) >= 9 THEN right(regexp_replace(phone, '[^0-9]', '', 'g'), 9) END) STORED,
  address_key text GENERATED ALWAYS AS (nullif(normalise_label(address), '') || ' ' || nullif(normalise_label(postal_code), '')) STORED
);
CREATE INDEX customer_record_email ON customer_record (email);
COMMENT ON TABLE customer_record IS 'One row per customer code, as the files say: of each column the newest value that is not empty. Merged codes keep theirs, so that a merge can be taken back';
COMMENT ON COLUMN customer_record.customer_code IS 'The code in the files';
COMMENT ON COLUMN customer_record.last_name IS 'Newest that a file gives';
COMMENT ON COLUMN customer_record.first_name IS 'Newest that a file gives';
COMMENT ON COLUMN customer_record.email IS 'Newest that a file gives';
COMMENT ON COLUMN customer_record.phone IS 'Newest that a file gives';
COMMENT ON COLUMN customer_record.address IS 'Newest that a file gives';
COMMENT ON COLUMN customer_record.postal_code IS 'Newest that a file gives';
COMMENT ON COLUMN customer_record.city IS 'Newest that a file gives';
COMMENT ON COLUMN customer_record.country IS 'Newest that a file gives';
COMMENT ON COLUMN customer_record.is_bounced IS 'Newest that a file gives; null where none does';
COMMENT ON COLUMN customer_record.is_optout IS 'Newest that a file gives; null where none does';
COMMENT ON COLUMN customer_record.is_contactable IS 'Newest that a file gives; null where none does';
COMMENT ON COLUMN customer_record.batch_id IS 'The newest file that names the code';
COMMENT ON COLUMN customer_record.name_key IS 'First and last name normalised: one of the second fields by which two codes are one customer';
COMMENT ON COLUMN customer_record.phone_key IS 'The last nine digits of the phone, so that +33 6 … and 06 … are the same';
COMMENT ON COLUMN customer_record.address_key IS 'Address and postal code normalised';

CREATE TABLE customer_merge_decision (
  customer_code varchar(255) NOT NULL,
  other_code varchar(255) NOT NULL,
  decision text NOT NULL CHECK (decision IN ('same', 'apart')),
  note text,
  PRIMARY KEY (customer_code, other_code),
  CHECK (customer_code <> other_code)
);
COMMENT ON TABLE customer_merge_decision IS 'What people decided on pairs of codes; they edit reference/customer_merge_decisions.csv';
COMMENT ON COLUMN customer_merge_decision.customer_code IS 'One code';
COMMENT ON COLUMN customer_merge_decision.other_code IS 'The other one';
COMMENT ON COLUMN customer_merge_decision.decision IS 'same: one customer, whatever the fields say; apart: never merge the two, and take a merge back';
COMMENT ON COLUMN customer_merge_decision.note IS 'Why';

CREATE TABLE customer_merge (
  merged_code varchar(255) PRIMARY KEY,
  surviving_code varchar(255) NOT NULL,
  email varchar(512),
  matched_on text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  CHECK (merged_code <> surviving_code)
);
CREATE INDEX customer_merge_surviving ON customer_merge (surviving_code);
COMMENT ON TABLE customer_merge IS 'The merge map: codes that are the same customer as another one, which survives';
COMMENT ON COLUMN customer_merge.merged_code IS 'The code that has no row in customer';
COMMENT ON COLUMN customer_merge.surviving_code IS 'The smallest code of the group; order lines and contacts of the merged code go there';
COMMENT ON COLUMN customer_merge.email IS 'The e-mail that they share';
COMMENT ON COLUMN customer_merge.matched_on IS 'What matches beside the e-mail: name, phone, address; or decision';
COMMENT ON COLUMN customer_merge.created_at IS 'When the row came into the warehouse';

CREATE VIEW product_label_map AS
  SELECT label_norm, product_key, 'alias' AS found_by FROM product_alias
  UNION ALL
  SELECT p.label_norm, min(p.product_key), 'label' FROM product p
  WHERE p.label_norm <> '' AND NOT EXISTS (SELECT 1 FROM product_alias a WHERE a.label_norm = p.label_norm)
  GROUP BY p.label_norm HAVING count(*) = 1;
COMMENT ON VIEW product_label_map IS 'Normalised label → product: exact alias first, then the product''s own label; a label that two products share finds none';

-- A line's code follows from what its digest covers, so that both together are as distinct as the digest alone, and a question for one
-- code does not read all lines.
CREATE VIEW sales_line AS
WITH newest AS (
  SELECT DISTINCT ON (line_hash, error_code) line_hash, batch_id, row_number, customer_code, order_date, doc_ref, doc_type, product_label, label_norm, qty, amount_ht, amount_ttc,
    margin, error_code, file_modified_at
  FROM raw_sales_lines WHERE line_hash IS NOT NULL ORDER BY line_hash, error_code, file_modified_at DESC, batch_id DESC, row_number
), several AS (
  SELECT line_hash, max(copies)::integer AS copies
  FROM (SELECT line_hash, batch_id, sum(occurrences) AS copies FROM raw_sales_lines WHERE line_hash IS NOT NULL GROUP BY line_hash, batch_id) AS files
  GROUP BY line_hash HAVING max(copies) > 1
)
SELECT n.*, coalesce(s.copies, 1) AS copies, p.product_key, c.customer_code AS surviving_code,
  CASE WHEN n.error_code IS NOT NULL THEN n.error_code
    WHEN p.product_key IS NULL THEN 'PRODUCT_NOT_FOUND'
    WHEN c.customer_code IS NULL THEN 'CUSTOMER_NOT_FOUND' END AS waits_for
FROM newest n LEFT JOIN several s USING (line_hash)
LEFT JOIN product_label_map p ON p.label_norm = n.label_norm
LEFT JOIN customer_merge m ON m.merged_code = n.customer_code
LEFT JOIN customer c ON c.customer_code = coalesce(m.surviving_code, n.customer_code);
COMMENT ON VIEW sales_line IS 'Readable sales lines, each once over all files, with product, customer and what it waits for; those that wait for nothing are order lines';

CREATE VIEW credit_note AS
SELECT line_hash, coalesce(surviving_code, customer_code) AS customer_code, surviving_code IS NOT NULL AS is_known_customer, product_key, product_label, order_date, doc_ref, qty,
  amount_ht, amount_ttc, copies, batch_id, row_number
FROM sales_line WHERE error_code = 'CREDIT_NOTE';
COMMENT ON VIEW credit_note IS 'Lines with a negative amount: no order lines by the customer''s rule, and not lost';

CREATE VIEW unknown_product_label AS
SELECT l.label_norm, mode() WITHIN GROUP (ORDER BY l.product_label) AS product_label, sum(l.copies)::integer AS lines, count(DISTINCT l.customer_code)::integer AS customers,
  sum(l.amount_ht * l.copies) AS amount_ht, min(l.order_date) AS first_date, max(l.order_date) AS last_date,
  EXISTS (SELECT 1 FROM product_alias_decision d WHERE d.label_norm = l.label_norm AND d.product_key IS NULL) AS is_rejected
FROM sales_line l WHERE l.waits_for = 'PRODUCT_NOT_FOUND' GROUP BY l.label_norm;
COMMENT ON VIEW unknown_product_label IS 'Labels that no alias and no product has, with the lines and the turnover that wait for them';

-- Each step is made once: left to itself the planner would cut the same labels into pieces again and again.
CREATE VIEW alias_suggestion AS
WITH wanted AS MATERIALIZED (
  SELECT label_norm, label_trigrams(label_norm) AS pieces FROM unknown_product_label WHERE NOT is_rejected
), known AS MATERIALIZED (
  SELECT product_key, product_label, label_trigrams(label_norm) AS pieces FROM product WHERE label_norm <> ''
), wanted_piece AS MATERIALIZED (
  SELECT label_norm, cardinality(pieces) AS size, unnest(pieces) COLLATE "C" AS piece FROM wanted
), known_piece AS MATERIALIZED (
  SELECT product_key, product_label, cardinality(pieces) AS size, unnest(pieces) COLLATE "C" AS piece FROM known
), alike AS MATERIALIZED (
  SELECT w.label_norm, k.product_key, k.product_label, round(2.0 * count(*) / (w.size + k.size), 2) AS confidence
  FROM wanted_piece w JOIN known_piece k USING (piece) GROUP BY w.label_norm, w.size, k.product_key, k.product_label, k.size HAVING 2.0 * count(*) / (w.size + k.size) >= 0.5
)
SELECT label_norm, place, product_key, product_label, confidence
FROM (
  SELECT a.*, row_number() OVER (PARTITION BY label_norm ORDER BY confidence DESC, product_key) AS place FROM alike a
  WHERE NOT EXISTS (SELECT 1 FROM product_alias_decision d WHERE d.label_norm = a.label_norm AND d.product_key = a.product_key AND d.decision = 'rejected')) AS r
WHERE place <= 5;
COMMENT ON VIEW alias_suggestion IS 'For each unknown label at most five products that are at least half alike (Dice coefficient of trigrams); rejected ones are left out';

CREATE FUNCTION recompute_labels() RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  changed bigint;
  part bigint;
BEGIN
  UPDATE raw_sales_lines SET label_norm = normalise_label(product_label) WHERE label_norm IS DISTINCT FROM normalise_label(product_label);
  GET DIAGNOSTICS changed = ROW_COUNT;
  UPDATE product SET product_label = product_label WHERE label_norm IS DISTINCT FROM normalise_label(product_label);
  GET DIAGNOSTICS part = ROW_COUNT;
  RETURN changed + part;
END $$;
COMMENT ON FUNCTION recompute_labels() IS 'After a change of normalise_label: brings stored labels up to date and says how many changed. Decisions on labels stand as they were made';
