-- Staging of the three files, what was wrong with their lines, and the customers' own shapes of batches.

-- Cells of CSV files; null where the text cannot be read ----------------------------------------------------------------

CREATE FUNCTION parse_grouped_amount(cell text) RETURNS numeric LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (
  SELECT CASE
    WHEN length(bare) > 40 THEN NULL
    WHEN bare ~ '^[+-]?[0-9]+([.,][0-9]+)?$' THEN replace(bare, ',', '.')::numeric
    WHEN bare ~ '^[+-]?[0-9]{1,3}([.][0-9]{3})+,[0-9]+$' THEN replace(replace(bare, '.', ''), ',', '.')::numeric
    WHEN bare ~ '^[+-]?[0-9]{1,3}(,[0-9]{3})+[.][0-9]+$' THEN replace(bare, ',', '')::numeric
  END
  FROM (SELECT regexp_replace(cell, '[\s\u00a0\u202f]', '', 'g') AS bare) AS b);
COMMENT ON FUNCTION parse_grouped_amount(text) IS 'The part of parse_amount for numbers with thousands apart';

-- Most cells have no thousands apart: one pattern for those, or a file of a million lines takes minutes.
CREATE FUNCTION parse_amount(cell text) RETURNS numeric LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN cell IS NULL THEN NULL WHEN length(cell) <= 40 AND cell ~ '^[+-]?[0-9]+([.,][0-9]+)?$' THEN replace(cell, ',', '.')::numeric ELSE parse_grouped_amount(cell) END;
COMMENT ON FUNCTION parse_amount(text) IS 'A number with decimal point or comma, thousands apart or not: 12.50, 12,50, 1 234,56, 1.234,56; null otherwise';

CREATE FUNCTION day_of(year integer, month integer, day integer) RETURNS date LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN year BETWEEN 1900 AND 2199 AND month BETWEEN 1 AND 12 AND day BETWEEN 1 AND 28 THEN make_date(year, month, day)
  WHEN year BETWEEN 1900 AND 2199 AND month BETWEEN 1 AND 12 AND day BETWEEN 29 AND 31
    AND day <= extract(day FROM make_date(year, month, 1) + interval '1 month' - interval '1 day') THEN make_date(year, month, day) END;
COMMENT ON FUNCTION day_of(integer, integer, integer) IS 'The date, or null where there is no such day';

CREATE FUNCTION parse_day(cell text) RETURNS date LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE
  WHEN cell ~ '^[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]$' THEN day_of(substr(cell, 1, 4)::integer, substr(cell, 6, 2)::integer, substr(cell, 9, 2)::integer)
  WHEN cell ~ '^[0-9][0-9]/[0-9][0-9]/[0-9][0-9][0-9][0-9]$' THEN day_of(substr(cell, 7, 4)::integer, substr(cell, 4, 2)::integer, substr(cell, 1, 2)::integer)
END;
COMMENT ON FUNCTION parse_day(text) IS 'YYYY-MM-DD or DD/MM/YYYY; null otherwise, and for a day that does not exist';

CREATE FUNCTION parse_flag(cell text) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN lower(btrim(cell)) IN ('1', 'true', 't', 'yes', 'y', 'oui', 'o', 'vrai') THEN true
  WHEN lower(btrim(cell)) IN ('0', 'false', 'f', 'no', 'n', 'non', 'faux') THEN false END;
COMMENT ON FUNCTION parse_flag(text) IS 'Yes and no in the ways that files write them; null otherwise';

CREATE FUNCTION parse_text(cell text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN nullif(btrim(cell, E' \t\n\r\u00a0'), '');
COMMENT ON FUNCTION parse_text(text) IS 'The text without space around it; null where nothing is left';

CREATE FUNCTION row_hash(row_data jsonb) RETURNS varchar LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN encode(sha256(convert_to(row_data::text, 'UTF8')), 'hex');
COMMENT ON FUNCTION row_hash(jsonb) IS 'SHA-256 of a row as JSON with sorted keys, which is how jsonb keeps them';

-- Staging ---------------------------------------------------------------------------------------------------------------

CREATE TABLE raw_customers (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  batch_id varchar(255) NOT NULL,
  row_hash varchar(64) NOT NULL,
  row_data jsonb NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  row_number bigint NOT NULL CHECK (row_number >= 2),
  occurrences integer NOT NULL CHECK (occurrences >= 1),
  file_modified_at timestamptz NOT NULL,
  error_code text,
  error_message text,
  customer_code text, last_name text, first_name text, email text, phone text, address text, postal_code text, city text, country text,
  is_bounced boolean, is_optout boolean, is_contactable boolean,
  UNIQUE (batch_id, row_hash)
);
CREATE INDEX raw_customers_code ON raw_customers (customer_code);
COMMENT ON TABLE raw_customers IS 'Staging: one row per different line of a customers file, as it stands in the file and as it was read';
COMMENT ON COLUMN raw_customers.id IS 'Surrogate key';
COMMENT ON COLUMN raw_customers.batch_id IS 'The file; a corrected file of the same name replaces its rows';
COMMENT ON COLUMN raw_customers.row_hash IS 'SHA-256 of row_data';
COMMENT ON COLUMN raw_customers.row_data IS 'The line, column by column, as text';
COMMENT ON COLUMN raw_customers.created_at IS 'When the row came into the warehouse';
COMMENT ON COLUMN raw_customers.row_number IS 'First line of the file that says so; the header is line 1';
COMMENT ON COLUMN raw_customers.occurrences IS 'How many lines of the file say exactly so';
COMMENT ON COLUMN raw_customers.file_modified_at IS 'When the file was last written to: of two files that contradict each other the newer one holds';
COMMENT ON COLUMN raw_customers.error_code IS 'Why the line is kept out; null for a valid one';
COMMENT ON COLUMN raw_customers.error_message IS 'The same in words';
COMMENT ON COLUMN raw_customers.customer_code IS 'As read';
COMMENT ON COLUMN raw_customers.last_name IS 'As read';
COMMENT ON COLUMN raw_customers.first_name IS 'As read';
COMMENT ON COLUMN raw_customers.email IS 'As read, in small letters';
COMMENT ON COLUMN raw_customers.phone IS 'As read';
COMMENT ON COLUMN raw_customers.address IS 'As read';
COMMENT ON COLUMN raw_customers.postal_code IS 'As read';
COMMENT ON COLUMN raw_customers.city IS 'As read';
COMMENT ON COLUMN raw_customers.country IS 'As read';
COMMENT ON COLUMN raw_customers.is_bounced IS 'As read; null where the file does not say';
COMMENT ON COLUMN raw_customers.is_optout IS 'As read; null where the file does not say';
COMMENT ON COLUMN raw_customers.is_contactable IS 'As read; null where the file does not say';

CREATE TABLE raw_sales_lines (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  batch_id varchar(255) NOT NULL,
  row_hash varchar(64) NOT NULL,
  row_data jsonb NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  row_number bigint NOT NULL CHECK (row_number >= 2),
  occurrences integer NOT NULL CHECK (occurrences >= 1),
  file_modified_at timestamptz NOT NULL,
  error_code text,
  error_message text,
  customer_code text, order_date date, doc_ref text, doc_type text, product_label text, label_norm text,
  qty numeric(12,3), amount_ht numeric(12,2), amount_ttc numeric(12,2), margin numeric(12,2),
  line_hash uuid,
  UNIQUE (batch_id, row_hash)
);
CREATE INDEX raw_sales_lines_hash ON raw_sales_lines (line_hash);
CREATE INDEX raw_sales_lines_errors ON raw_sales_lines (error_code) WHERE error_code IS NOT NULL;
COMMENT ON TABLE raw_sales_lines IS 'Staging: one row per different line of a sales file, as it stands in the file and as it was read';
COMMENT ON COLUMN raw_sales_lines.id IS 'Surrogate key';
COMMENT ON COLUMN raw_sales_lines.batch_id IS 'The file; a corrected file of the same name replaces its rows';
COMMENT ON COLUMN raw_sales_lines.row_hash IS 'SHA-256 of row_data';
COMMENT ON COLUMN raw_sales_lines.row_data IS 'The line, column by column, as text';
COMMENT ON COLUMN raw_sales_lines.created_at IS 'When the row came into the warehouse';
COMMENT ON COLUMN raw_sales_lines.row_number IS 'First line of the file that says so; the header is line 1';
COMMENT ON COLUMN raw_sales_lines.occurrences IS 'How many lines of the file say exactly so: a document may name the same wine twice';
COMMENT ON COLUMN raw_sales_lines.file_modified_at IS 'When the file was last written to';
COMMENT ON COLUMN raw_sales_lines.error_code IS 'Why the line is kept out; null for a valid one. CREDIT_NOTE lines are kept in the view credit_note';
COMMENT ON COLUMN raw_sales_lines.error_message IS 'The same in words';
COMMENT ON COLUMN raw_sales_lines.customer_code IS 'As read';
COMMENT ON COLUMN raw_sales_lines.order_date IS 'As read';
COMMENT ON COLUMN raw_sales_lines.doc_ref IS 'As read';
COMMENT ON COLUMN raw_sales_lines.doc_type IS 'As read; INVOICE where the file does not say';
COMMENT ON COLUMN raw_sales_lines.product_label IS 'As read';
COMMENT ON COLUMN raw_sales_lines.label_norm IS 'The label as normalise_label writes it';
COMMENT ON COLUMN raw_sales_lines.qty IS 'As read';
COMMENT ON COLUMN raw_sales_lines.amount_ht IS 'As read, cents rounded; null where it cannot be read';
COMMENT ON COLUMN raw_sales_lines.amount_ttc IS 'As read';
COMMENT ON COLUMN raw_sales_lines.margin IS 'As read';
COMMENT ON COLUMN raw_sales_lines.line_hash IS 'Digest of customer, day, document, type, label, quantity and amount: the same line in two exports has the same one';

CREATE TABLE raw_contacts (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  batch_id varchar(255) NOT NULL,
  row_hash varchar(64) NOT NULL,
  row_data jsonb NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  row_number bigint NOT NULL CHECK (row_number >= 2),
  occurrences integer NOT NULL CHECK (occurrences >= 1),
  file_modified_at timestamptz NOT NULL,
  error_code text,
  error_message text,
  customer_code text, contact_date date, channel text, status text, campaign_id text,
  event_hash uuid,
  UNIQUE (batch_id, row_hash)
);
CREATE INDEX raw_contacts_hash ON raw_contacts (event_hash);
COMMENT ON TABLE raw_contacts IS 'Staging: one row per different line of a contacts file, as it stands in the file and as it was read';
COMMENT ON COLUMN raw_contacts.id IS 'Surrogate key';
COMMENT ON COLUMN raw_contacts.batch_id IS 'The file; a corrected file of the same name replaces its rows';
COMMENT ON COLUMN raw_contacts.row_hash IS 'SHA-256 of row_data';
COMMENT ON COLUMN raw_contacts.row_data IS 'The line, column by column, as text';
COMMENT ON COLUMN raw_contacts.created_at IS 'When the row came into the warehouse';
COMMENT ON COLUMN raw_contacts.row_number IS 'First line of the file that says so; the header is line 1';
COMMENT ON COLUMN raw_contacts.occurrences IS 'How many lines of the file say exactly so; they are one contact';
COMMENT ON COLUMN raw_contacts.file_modified_at IS 'When the file was last written to';
COMMENT ON COLUMN raw_contacts.error_code IS 'Why the line is kept out; null for a valid one';
COMMENT ON COLUMN raw_contacts.error_message IS 'The same in words';
COMMENT ON COLUMN raw_contacts.customer_code IS 'As read';
COMMENT ON COLUMN raw_contacts.contact_date IS 'As read';
COMMENT ON COLUMN raw_contacts.channel IS 'As read, in capitals';
COMMENT ON COLUMN raw_contacts.status IS 'As read, in capitals and in our words: open is OPENED, bounce is BOUNCED';
COMMENT ON COLUMN raw_contacts.campaign_id IS 'As read';
COMMENT ON COLUMN raw_contacts.event_hash IS 'Digest of customer, day, channel, status and campaign';

CREATE TABLE ingestion_batches (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  batch_id varchar(255) NOT NULL,
  file_type text NOT NULL CHECK (file_type IN ('customers', 'sales_lines', 'contacts')),
  file_name varchar(255) NOT NULL,
  file_modified_at timestamptz NOT NULL,
  total_rows integer NOT NULL CHECK (total_rows >= 0),
  valid_rows integer NOT NULL CHECK (valid_rows >= 0),
  error_rows integer NOT NULL CHECK (error_rows >= 0),
  unreadable_rows integer NOT NULL CHECK (unreadable_rows BETWEEN 0 AND error_rows),
  success_rate numeric(5,2) NOT NULL CHECK (success_rate BETWEEN 0 AND 100),
  created_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (batch_id, file_type),
  CHECK (total_rows = valid_rows + error_rows)
);
COMMENT ON TABLE ingestion_batches IS 'One row per file that was read, with what became of its lines';
COMMENT ON COLUMN ingestion_batches.id IS 'Surrogate key';
COMMENT ON COLUMN ingestion_batches.batch_id IS 'The file''s name';
COMMENT ON COLUMN ingestion_batches.file_type IS 'customers, sales_lines or contacts';
COMMENT ON COLUMN ingestion_batches.file_name IS 'Name in the inbox';
COMMENT ON COLUMN ingestion_batches.file_modified_at IS 'When the file was last written to';
COMMENT ON COLUMN ingestion_batches.total_rows IS 'Lines of the file, the header not counted';
COMMENT ON COLUMN ingestion_batches.valid_rows IS 'Lines without an error';
COMMENT ON COLUMN ingestion_batches.error_rows IS 'Lines in ingestion_errors, and unreadable ones';
COMMENT ON COLUMN ingestion_batches.unreadable_rows IS 'Lines that never became rows: too many or too few fields, a quote left open, not UTF-8. “quintile rejects list” has them whole';
COMMENT ON COLUMN ingestion_batches.success_rate IS 'Valid lines of all, percent; 100 where there are none';
COMMENT ON COLUMN ingestion_batches.created_at IS 'When the row came into the warehouse';

CREATE TABLE ingestion_errors (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  batch_id varchar(255) NOT NULL,
  file_type text NOT NULL,
  file_name varchar(255) NOT NULL,
  row_number bigint NOT NULL CHECK (row_number >= 2),
  row_hash varchar(64) NOT NULL,
  error_code text NOT NULL CHECK (error_code IN
    ('VALIDATION_ERROR', 'DUPLICATE_CUSTOMER', 'CUSTOMER_NOT_FOUND', 'PRODUCT_NOT_FOUND', 'INVALID_PRODUCT_LABEL', 'UNEXPECTED_ERROR', 'CREDIT_NOTE')),
  error_message text NOT NULL,
  raw_row jsonb NOT NULL,
  amount_ht numeric(12,2),
  lines integer NOT NULL CHECK (lines >= 1),
  created_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (batch_id, row_hash, error_code)
);
CREATE INDEX ingestion_errors_code ON ingestion_errors (error_code);
COMMENT ON TABLE ingestion_errors IS 'Lines that are kept out, whole, with the reason; a line leaves the table when its file is mended, its alias approved or its customer known';
COMMENT ON COLUMN ingestion_errors.id IS 'Surrogate key';
COMMENT ON COLUMN ingestion_errors.batch_id IS 'The file';
COMMENT ON COLUMN ingestion_errors.file_type IS 'customers, sales_lines or contacts';
COMMENT ON COLUMN ingestion_errors.file_name IS 'Name in the inbox';
COMMENT ON COLUMN ingestion_errors.row_number IS 'Line of the file; the header is line 1';
COMMENT ON COLUMN ingestion_errors.row_hash IS 'SHA-256 of raw_row';
COMMENT ON COLUMN ingestion_errors.error_code IS 'The customer''s codes, and CREDIT_NOTE for an amount below 0';
COMMENT ON COLUMN ingestion_errors.error_message IS 'What is wrong, with the value';
COMMENT ON COLUMN ingestion_errors.raw_row IS 'The line as it stands in the file';
COMMENT ON COLUMN ingestion_errors.amount_ht IS 'Turnover of a sales line where it can be read';
COMMENT ON COLUMN ingestion_errors.lines IS 'How many lines of the file say exactly so';
COMMENT ON COLUMN ingestion_errors.created_at IS 'When the row came into the warehouse';
