-- The ten tables of the CRM, by the customer's own names. Money is numeric(12,2) in place of FLOAT: sums are exact and do not
-- depend on the order in which rows are added. Columns beyond the customer's list say so in their comment.

-- Texts --------------------------------------------------------------------------------------------------------------

CREATE FUNCTION normalise_label(label text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN btrim(regexp_replace(
  lower(regexp_replace(
    normalize(translate(replace(replace(replace(replace(replace(label, 'œ', 'oe'), 'Œ', 'OE'), 'æ', 'ae'), 'Æ', 'AE'), 'ß', 'ss'), 'øØłŁđĐ', 'oOlLdD'), NFKD),
    '[\u0300-\u036f]', '', 'g') COLLATE "C"),
  '[^a-z0-9]+', ' ', 'g'));
COMMENT ON FUNCTION normalise_label(text) IS 'The form of a label by which products are found: ligatures apart, accents off, small letters; everything else than letters and digits is one space. Needs no extension';

CREATE FUNCTION label_trigrams(label_norm text) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (
  SELECT array_agg(DISTINCT substr(padded, place, 3))
  FROM (SELECT '  ' || word || ' ' AS padded FROM unnest(string_to_array(label_norm, ' ')) AS word) AS words, generate_series(1, length(padded) - 2) AS place);
COMMENT ON FUNCTION label_trigrams(text) IS 'Pieces of three letters of each word, padded as pg_trgm pads them: what two labels have in common says how alike they are';

-- Settings -----------------------------------------------------------------------------------------------------------

CREATE TABLE crm_setting (
  key text PRIMARY KEY,
  value text NOT NULL,
  meaning text NOT NULL,
  numbers numeric[] GENERATED ALWAYS AS (CASE WHEN value ~ '^-?[0-9]+([.][0-9]+)?( -?[0-9]+([.][0-9]+)?)*$' THEN string_to_array(value, ' ')::numeric[] END) STORED
);
COMMENT ON TABLE crm_setting IS 'Thresholds and weights, one row each; people edit reference/crm_settings.csv, and the next run loads it';
COMMENT ON COLUMN crm_setting.key IS 'Name of the setting, e.g. rfm.recency_quantiles';
COMMENT ON COLUMN crm_setting.value IS 'A number, numbers apart by spaces (edges of bins), or a text';
COMMENT ON COLUMN crm_setting.meaning IS 'What it decides, for whoever edits the file';
COMMENT ON COLUMN crm_setting.numbers IS 'The value as numbers; null where it is a text';

CREATE TABLE rfm_segment (
  segment varchar(50) PRIMARY KEY,
  position smallint NOT NULL UNIQUE,
  min_r smallint NOT NULL DEFAULT 1, max_r smallint NOT NULL DEFAULT 5,
  min_f smallint NOT NULL DEFAULT 1, max_f smallint NOT NULL DEFAULT 5,
  min_m smallint NOT NULL DEFAULT 1, max_m smallint NOT NULL DEFAULT 5,
  meaning text NOT NULL,
  CHECK (min_r <= max_r AND min_f <= max_f AND min_m <= max_m)
);
COMMENT ON TABLE rfm_segment IS 'RFM segments by score; the first that fits is the customer''s. People edit reference/rfm_segments.csv';
COMMENT ON COLUMN rfm_segment.segment IS 'Name, as it stands in client_master_profile.segment';
COMMENT ON COLUMN rfm_segment.position IS 'Order in which the rules are tried';
COMMENT ON COLUMN rfm_segment.min_r IS 'Smallest recency score, 1 to 5';
COMMENT ON COLUMN rfm_segment.max_r IS 'Largest recency score';
COMMENT ON COLUMN rfm_segment.min_f IS 'Smallest frequency score';
COMMENT ON COLUMN rfm_segment.max_f IS 'Largest frequency score';
COMMENT ON COLUMN rfm_segment.min_m IS 'Smallest monetary score';
COMMENT ON COLUMN rfm_segment.max_m IS 'Largest monetary score';
COMMENT ON COLUMN rfm_segment.meaning IS 'The segment in words';

-- Product & catalogue ------------------------------------------------------------------------------------------------

CREATE TABLE product (
  product_key varchar(255) PRIMARY KEY,
  product_label varchar(512) NOT NULL UNIQUE,
  family_crm varchar(255),
  cepage varchar(255),
  sucrosite_niveau varchar(50),
  price_band varchar(50),
  premium_tier integer NOT NULL DEFAULT 0 CHECK (premium_tier BETWEEN 0 AND 3),
  aroma_fruit integer CHECK (aroma_fruit BETWEEN 1 AND 5),
  aroma_floral integer CHECK (aroma_floral BETWEEN 1 AND 5),
  aroma_spice integer CHECK (aroma_spice BETWEEN 1 AND 5),
  aroma_mineral integer CHECK (aroma_mineral BETWEEN 1 AND 5),
  aroma_acidity integer CHECK (aroma_acidity BETWEEN 1 AND 5),
  aroma_body integer CHECK (aroma_body BETWEEN 1 AND 5),
  aroma_tannin integer CHECK (aroma_tannin BETWEEN 1 AND 5),
  is_active boolean NOT NULL DEFAULT true,
  is_archived boolean NOT NULL DEFAULT false,
  season_tags jsonb NOT NULL DEFAULT '[]' CHECK (jsonb_typeof(season_tags) = 'array'),
  global_popularity_score numeric(5,4) NOT NULL DEFAULT 0 CHECK (global_popularity_score BETWEEN 0 AND 1),
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  label_norm text GENERATED ALWAYS AS (normalise_label(product_label)) STORED
);
CREATE INDEX ix_product_family ON product (family_crm);
CREATE INDEX ix_product_is_active ON product (is_active);
CREATE INDEX ix_product_label_norm ON product (label_norm);
COMMENT ON TABLE product IS 'Product dimension with aroma profiles and metadata';
COMMENT ON COLUMN product.product_key IS 'Unique identifier of the catalogue';
COMMENT ON COLUMN product.product_label IS 'Human-readable name, unique';
COMMENT ON COLUMN product.family_crm IS 'Wine family: Red, White, Rosé, …';
COMMENT ON COLUMN product.cepage IS 'Grape variety';
COMMENT ON COLUMN product.sucrosite_niveau IS 'Sugar level: Dry, Off-dry, Sweet';
COMMENT ON COLUMN product.price_band IS 'Price category: BUDGET, STANDARD, PREMIUM, LUXURY';
COMMENT ON COLUMN product.premium_tier IS 'Tier for UPSELL, 0 to 3';
COMMENT ON COLUMN product.aroma_fruit IS 'Aroma axis fruit, 1 to 5; null where nobody tasted it';
COMMENT ON COLUMN product.aroma_floral IS 'Aroma axis floral, 1 to 5';
COMMENT ON COLUMN product.aroma_spice IS 'Aroma axis spice, 1 to 5';
COMMENT ON COLUMN product.aroma_mineral IS 'Aroma axis mineral, 1 to 5';
COMMENT ON COLUMN product.aroma_acidity IS 'Aroma axis acidity, 1 to 5';
COMMENT ON COLUMN product.aroma_body IS 'Aroma axis body, 1 to 5';
COMMENT ON COLUMN product.aroma_tannin IS 'Aroma axis tannin, 1 to 5';
COMMENT ON COLUMN product.is_active IS 'Available for recommendations';
COMMENT ON COLUMN product.is_archived IS 'No longer made; kept because old lines name it';
COMMENT ON COLUMN product.season_tags IS 'JSON array of seasons: ["summer", "christmas"]';
COMMENT ON COLUMN product.global_popularity_score IS 'Percentile rank by sold lines, 0 to 1: a share among hundreds of products would never pass a threshold of 0.3';
COMMENT ON COLUMN product.created_at IS 'When the row came into the warehouse';
COMMENT ON COLUMN product.updated_at IS 'When the row last changed';
COMMENT ON COLUMN product.label_norm IS 'Ours: the label normalised, by which lines without an alias find their product';

CREATE TABLE product_alias (
  label_norm varchar(512) PRIMARY KEY,
  product_key varchar(255) NOT NULL REFERENCES product,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ix_product_alias_product_key ON product_alias (product_key);
COMMENT ON TABLE product_alias IS 'Mapping from normalised labels to product keys: the approved decisions';
COMMENT ON COLUMN product_alias.label_norm IS 'The label as normalise_label writes it';
COMMENT ON COLUMN product_alias.product_key IS 'The product that it means';
COMMENT ON COLUMN product_alias.created_at IS 'When the alias came into the warehouse';

CREATE TABLE product_alias_decision (
  decision_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  label_norm varchar(512) NOT NULL,
  product_key varchar(255) REFERENCES product,
  decision text NOT NULL CHECK (decision IN ('approved', 'rejected')),
  source text NOT NULL CHECK (source IN ('manual', 'fuzzy')),
  confidence numeric(3,2) NOT NULL CHECK (confidence BETWEEN 0 AND 1),
  decided_by text NOT NULL,
  decided_at timestamptz NOT NULL DEFAULT now(),
  CHECK (decision = 'rejected' OR product_key IS NOT NULL),
  UNIQUE NULLS NOT DISTINCT (label_norm, product_key)
);
CREATE UNIQUE INDEX product_alias_decision_approved ON product_alias_decision (label_norm) WHERE decision = 'approved';
CREATE INDEX ix_product_alias_decision_product_key ON product_alias_decision (product_key);
COMMENT ON TABLE product_alias_decision IS 'Ours: what people decided on labels (quintile aliases approve, reject); a label has at most one approved product';
COMMENT ON COLUMN product_alias_decision.decision_id IS 'Surrogate key';
COMMENT ON COLUMN product_alias_decision.label_norm IS 'The label as normalise_label writes it';
COMMENT ON COLUMN product_alias_decision.product_key IS 'The product; null where the label as a whole was rejected because it is no product';
COMMENT ON COLUMN product_alias_decision.decision IS 'approved or rejected';
COMMENT ON COLUMN product_alias_decision.source IS 'manual: the person named the product; fuzzy: it was suggested';
COMMENT ON COLUMN product_alias_decision.confidence IS '1 for manual, the likeness of the suggestion for fuzzy';
COMMENT ON COLUMN product_alias_decision.decided_by IS 'User and machine';
COMMENT ON COLUMN product_alias_decision.decided_at IS 'When it was decided';

-- Customer & transactions --------------------------------------------------------------------------------------------

CREATE TABLE customer (
  customer_code varchar(255) PRIMARY KEY,
  last_name varchar(255),
  first_name varchar(255),
  email varchar(512) CHECK (email = lower(email)),
  phone varchar(20),
  address text,
  postal_code varchar(20),
  city varchar(255),
  country varchar(100),
  is_bounced boolean NOT NULL DEFAULT false,
  is_optout boolean NOT NULL DEFAULT false,
  is_contactable boolean NOT NULL DEFAULT true,
  batch_id varchar(255),
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ix_customer_email ON customer (email);
CREATE INDEX ix_customer_batch_id ON customer (batch_id);
CREATE INDEX ix_customer_is_bounced ON customer (is_bounced);
CREATE INDEX ix_customer_is_optout ON customer (is_optout);
CREATE INDEX ix_customer_is_contactable ON customer (is_contactable);
COMMENT ON TABLE customer IS 'Customer master dimension, deduped: of customers that were merged the surviving code alone';
COMMENT ON COLUMN customer.customer_code IS 'The shop''s own code; of merged customers the smallest';
COMMENT ON COLUMN customer.last_name IS 'Family name';
COMMENT ON COLUMN customer.first_name IS 'Given name';
COMMENT ON COLUMN customer.email IS 'Contact e-mail in small letters; may be missing';
COMMENT ON COLUMN customer.phone IS 'As the file has it';
COMMENT ON COLUMN customer.address IS 'Street and number';
COMMENT ON COLUMN customer.postal_code IS 'Letters, digits and hyphens';
COMMENT ON COLUMN customer.city IS 'Town';
COMMENT ON COLUMN customer.country IS 'Country as the file has it';
COMMENT ON COLUMN customer.is_bounced IS 'A file says so, or the newest e-mail bounced';
COMMENT ON COLUMN customer.is_optout IS 'A file says so, or the customer unsubscribed';
COMMENT ON COLUMN customer.is_contactable IS 'No opt-out, and an e-mail that does not bounce, a phone or a postal address';
COMMENT ON COLUMN customer.batch_id IS 'The file that named the customer last';
COMMENT ON COLUMN customer.created_at IS 'When the row came into the warehouse';
COMMENT ON COLUMN customer.updated_at IS 'When the row last changed';

CREATE TABLE order_line (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  customer_code varchar(255) NOT NULL REFERENCES customer,
  product_key varchar(255) NOT NULL REFERENCES product,
  order_date date NOT NULL,
  doc_ref varchar(255) NOT NULL,
  doc_type varchar(50) NOT NULL CHECK (doc_type IN ('INVOICE', 'ORDER')),
  qty numeric(12,3) NOT NULL DEFAULT 1 CHECK (qty > 0),
  amount_ht numeric(12,2) NOT NULL CHECK (amount_ht >= 0),
  amount_ttc numeric(12,2) CHECK (amount_ttc >= 0),
  margin numeric(12,2) CHECK (margin >= 0),
  batch_id varchar(255),
  created_at timestamptz NOT NULL DEFAULT now(),
  source_customer_code varchar(255) NOT NULL,
  line_hash uuid NOT NULL,
  line_copy integer NOT NULL CHECK (line_copy >= 1),
  UNIQUE (line_hash, line_copy)
);
CREATE INDEX ix_orderline_customer_date ON order_line (customer_code, order_date);
CREATE INDEX ix_orderline_product_key ON order_line (product_key);
CREATE INDEX ix_orderline_order_date ON order_line (order_date);
CREATE INDEX ix_orderline_doc_ref ON order_line (doc_ref);
COMMENT ON TABLE order_line IS 'Normalised sales transactions: one row per line of a document, each once, whichever and however many files bring it';
COMMENT ON COLUMN order_line.id IS 'Surrogate key';
COMMENT ON COLUMN order_line.customer_code IS 'The surviving customer';
COMMENT ON COLUMN order_line.product_key IS 'Found by alias, else by the normalised product label';
COMMENT ON COLUMN order_line.order_date IS 'Day of the purchase';
COMMENT ON COLUMN order_line.doc_ref IS 'Number of the invoice or order';
COMMENT ON COLUMN order_line.doc_type IS 'INVOICE or ORDER';
COMMENT ON COLUMN order_line.qty IS 'Bottles, more than 0';
COMMENT ON COLUMN order_line.amount_ht IS 'Amount without tax, EUR; credit notes are kept apart (view credit_note)';
COMMENT ON COLUMN order_line.amount_ttc IS 'Amount with tax, EUR';
COMMENT ON COLUMN order_line.margin IS 'Margin, EUR';
COMMENT ON COLUMN order_line.batch_id IS 'The newest file that has the line';
COMMENT ON COLUMN order_line.created_at IS 'When the row came into the warehouse';
COMMENT ON COLUMN order_line.source_customer_code IS 'Ours: the code that the file names, so that a merge can be taken back';
COMMENT ON COLUMN order_line.line_hash IS 'Ours: digest of customer, day, document, label, quantity and amount: the natural key';
COMMENT ON COLUMN order_line.line_copy IS 'Ours: 1, or 2, 3 … where one file has the very same line several times';

CREATE TABLE contact_event (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  customer_code varchar(255) NOT NULL REFERENCES customer,
  contact_date date NOT NULL,
  channel varchar(50) NOT NULL CHECK (channel IN ('EMAIL', 'SMS', 'MAIL')),
  status varchar(50) NOT NULL CHECK (status IN ('SENT', 'DELIVERED', 'OPENED', 'CLICKED', 'BOUNCED', 'UNSUBSCRIBED')),
  campaign_id varchar(255),
  created_at timestamptz NOT NULL DEFAULT now(),
  source_customer_code varchar(255) NOT NULL,
  event_hash uuid NOT NULL UNIQUE
);
CREATE INDEX ix_contact_customer_date ON contact_event (customer_code, contact_date);
CREATE INDEX ix_contact_date ON contact_event (contact_date);
COMMENT ON TABLE contact_event IS 'Contact history for the silence window';
COMMENT ON COLUMN contact_event.id IS 'Surrogate key';
COMMENT ON COLUMN contact_event.customer_code IS 'The surviving customer';
COMMENT ON COLUMN contact_event.contact_date IS 'Day of the contact';
COMMENT ON COLUMN contact_event.channel IS 'EMAIL, SMS or MAIL';
COMMENT ON COLUMN contact_event.status IS 'SENT, DELIVERED, OPENED, CLICKED, BOUNCED or UNSUBSCRIBED';
COMMENT ON COLUMN contact_event.campaign_id IS 'The campaign; null for a contact outside of any';
COMMENT ON COLUMN contact_event.created_at IS 'When the row came into the warehouse';
COMMENT ON COLUMN contact_event.source_customer_code IS 'Ours: the code that the file names';
COMMENT ON COLUMN contact_event.event_hash IS 'Ours: digest of customer, day, channel, status and campaign: the natural key';
