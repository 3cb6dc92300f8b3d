-- What a customer's purchases say, kept per customer and made anew only for those whose purchases changed; and what segments read.

CREATE TABLE customer_taste (
  customer_code varchar(255) PRIMARY KEY,
  fingerprint numeric NOT NULL,
  first_order date NOT NULL,
  last_order date NOT NULL,
  orders integer NOT NULL CHECK (orders >= 1),
  order_lines integer NOT NULL CHECK (order_lines >= 1),
  products integer NOT NULL CHECK (products >= 1),
  bottles numeric(14,3) NOT NULL,
  ca_ht numeric(14,2) NOT NULL CHECK (ca_ht >= 0),
  margin numeric(14,2),
  premium_ca_ht numeric(14,2) NOT NULL,
  top_family_1 varchar(255), top_family_1_ca_share numeric(5,4), top_family_2 varchar(255), top_family_2_ca_share numeric(5,4),
  top_grape_1 varchar(255), top_grape_1_ca_share numeric(5,4), top_grape_2 varchar(255), top_grape_2_ca_share numeric(5,4),
  top_sugar_1 varchar(50), top_sugar_1_ca_share numeric(5,4), top_sugar_2 varchar(50), top_sugar_2_ca_share numeric(5,4),
  top_budget_1 varchar(50), top_budget_1_ca_share numeric(5,4), top_budget_2 varchar(50), top_budget_2_ca_share numeric(5,4),
  family_diversity numeric(5,4),
  aroma_fruit numeric(4,3), aroma_floral numeric(4,3), aroma_spice numeric(4,3), aroma_mineral numeric(4,3), aroma_acidity numeric(4,3), aroma_body numeric(4,3), aroma_tannin numeric(4,3),
  aroma_stability numeric(4,3)
);
COMMENT ON TABLE customer_taste IS 'Ours: sums and shares over the order lines of a customer; what depends on today''s thresholds is left to client_master_profile';
COMMENT ON COLUMN customer_taste.customer_code IS 'A customer with at least one order line';
COMMENT ON COLUMN customer_taste.fingerprint IS 'Sum of digests of the customer''s lines and of what the catalogue says of their products: another one means that the row must be made anew';
COMMENT ON COLUMN customer_taste.first_order IS 'First purchase';
COMMENT ON COLUMN customer_taste.last_order IS 'Last purchase';
COMMENT ON COLUMN customer_taste.orders IS 'Distinct documents';
COMMENT ON COLUMN customer_taste.order_lines IS 'Lines';
COMMENT ON COLUMN customer_taste.products IS 'Distinct products';
COMMENT ON COLUMN customer_taste.bottles IS 'Sum of quantities';
COMMENT ON COLUMN customer_taste.ca_ht IS 'Turnover without tax, EUR';
COMMENT ON COLUMN customer_taste.margin IS 'Sum of the margins that the files give, EUR';
COMMENT ON COLUMN customer_taste.premium_ca_ht IS 'Turnover with products of premium_tier 1 and more';
COMMENT ON COLUMN customer_taste.top_family_1 IS 'The wine family with the most turnover';
COMMENT ON COLUMN customer_taste.top_family_1_ca_share IS 'Its share of the turnover of which the wine family is known';
COMMENT ON COLUMN customer_taste.top_family_2 IS 'The wine family with the second most turnover';
COMMENT ON COLUMN customer_taste.top_family_2_ca_share IS 'Its share of the turnover of which the wine family is known';
COMMENT ON COLUMN customer_taste.top_grape_1 IS 'The grape with the most turnover';
COMMENT ON COLUMN customer_taste.top_grape_1_ca_share IS 'Its share of the turnover of which the grape is known';
COMMENT ON COLUMN customer_taste.top_grape_2 IS 'The grape with the second most turnover';
COMMENT ON COLUMN customer_taste.top_grape_2_ca_share IS 'Its share of the turnover of which the grape is known';
COMMENT ON COLUMN customer_taste.top_sugar_1 IS 'The sugar level with the most turnover';
COMMENT ON COLUMN customer_taste.top_sugar_1_ca_share IS 'Its share of the turnover of which the sugar level is known';
COMMENT ON COLUMN customer_taste.top_sugar_2 IS 'The sugar level with the second most turnover';
COMMENT ON COLUMN customer_taste.top_sugar_2_ca_share IS 'Its share of the turnover of which the sugar level is known';
COMMENT ON COLUMN customer_taste.top_budget_1 IS 'The price band with the most turnover';
COMMENT ON COLUMN customer_taste.top_budget_1_ca_share IS 'Its share of the turnover of which the price band is known';
COMMENT ON COLUMN customer_taste.top_budget_2 IS 'The price band with the second most turnover';
COMMENT ON COLUMN customer_taste.top_budget_2_ca_share IS 'Its share of the turnover of which the price band is known';
COMMENT ON COLUMN customer_taste.family_diversity IS 'Gini-Simpson over the families'' shares';
COMMENT ON COLUMN customer_taste.aroma_fruit IS 'Turnover-weighted mean of the axis over 5; null where no product bought has a value';
COMMENT ON COLUMN customer_taste.aroma_floral IS 'Turnover-weighted mean of the axis over 5; null where no product bought has a value';
COMMENT ON COLUMN customer_taste.aroma_spice IS 'Turnover-weighted mean of the axis over 5; null where no product bought has a value';
COMMENT ON COLUMN customer_taste.aroma_mineral IS 'Turnover-weighted mean of the axis over 5; null where no product bought has a value';
COMMENT ON COLUMN customer_taste.aroma_acidity IS 'Turnover-weighted mean of the axis over 5; null where no product bought has a value';
COMMENT ON COLUMN customer_taste.aroma_body IS 'Turnover-weighted mean of the axis over 5; null where no product bought has a value';
COMMENT ON COLUMN customer_taste.aroma_tannin IS 'Turnover-weighted mean of the axis over 5; null where no product bought has a value';
COMMENT ON COLUMN customer_taste.aroma_stability IS '1 less half the turnover-weighted standard deviation, mean over the known axes';

CREATE VIEW crm_threshold AS
SELECT max(numbers[1]) FILTER (WHERE key = 'silence_window_days')::integer AS silence_window_days,
  max(numbers[1]) FILTER (WHERE key = 'winback_recency_days')::integer AS winback_recency_days,
  max(numbers[1]) FILTER (WHERE key = 'winback_min_historical_ca') AS winback_min_historical_ca,
  max(numbers) FILTER (WHERE key = 'rfm.recency_quantiles') AS recency_edges,
  max(numbers) FILTER (WHERE key = 'rfm.frequency_quantiles') AS frequency_edges,
  max(numbers) FILTER (WHERE key = 'rfm.monetary_quantiles') AS monetary_edges,
  max(numbers[1]) FILTER (WHERE key = 'aroma.low_threshold') AS aroma_low,
  max(numbers[1]) FILTER (WHERE key = 'aroma.medium_threshold') AS aroma_medium,
  max(numbers[1]) FILTER (WHERE key = 'aroma.min_orders_for_confidence') AS aroma_min_orders,
  max(CASE WHEN parse_day(value) IS NOT NULL THEN parse_day(value) END) FILTER (WHERE key = 'profile.as_of_date') AS as_of_date
FROM crm_setting;
COMMENT ON VIEW crm_threshold IS 'The settings that the profile reads, as one row';

CREATE VIEW crm_as_of AS
SELECT coalesce((SELECT as_of_date FROM crm_threshold), greatest((SELECT max(order_date) FROM order_line), (SELECT max(contact_date) FROM contact_event))) AS as_of;
COMMENT ON VIEW crm_as_of IS 'The day from which recency counts: the setting profile.as_of_date, else the newest day of the data, never the clock';

CREATE FUNCTION bin_score(value numeric, edges numeric[]) RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN value IS NOT NULL THEN least(greatest(width_bucket(value, edges), 1), cardinality(edges) - 1) END;
COMMENT ON FUNCTION bin_score(numeric, numeric[]) IS 'Number of the bin [a, b) that holds the value, from 1; below the first edge the first bin, from the last edge on the last; null of null';

CREATE VIEW customer_features_view AS
WITH contacts AS (
  SELECT customer_code, max(contact_date) AS last_contact, count(*) AS contacts, count(*) FILTER (WHERE status IN ('OPENED', 'CLICKED')) AS responses,
    count(*) FILTER (WHERE contact_date > (SELECT as_of FROM crm_as_of) - 365) AS contacts_365_days
  FROM contact_event GROUP BY customer_code
), notes AS (
  SELECT customer_code, count(*) AS credit_notes, sum(amount_ht * copies) AS amount_ht FROM credit_note GROUP BY customer_code
)
SELECT p.customer_code AS customer_id, c.last_name, c.first_name, c.email IS NOT NULL AS has_email, c.postal_code, c.city, c.country, c.is_contactable, c.is_bounced, c.is_optout,
  p.segment AS customer_segment, p.rfm, p.r_score, p.f_score, p.m_score, p.recence_jours, p.nb_commandes, p.ca_ht,
  CASE WHEN p.nb_commandes > 0 THEN round(p.ca_ht / p.nb_commandes, 2) END AS avg_order_ht,
  p.premiere_date_achat, p.derniere_date_achat, (a.as_of - p.premiere_date_achat) AS account_age_days,
  p.top_family_1, p.top_family_1_ca_share, p.top_family_2, p.top_grape_1, p.top_grape_1_ca_share, p.top_sugar_1, p.top_sugar_1_ca_share, p.top_budget_1, p.top_budget_1_ca_share,
  p.family_diversity_score, p.aroma_axe_1, p.aroma_axe_2, p.aroma_axe_3, p.aroma_confidence, p.aroma_level, p.aroma_stability,
  t.products AS distinct_products, t.bottles, t.margin, CASE WHEN t.ca_ht > 0 THEN round(t.premium_ca_ht / t.ca_ht, 4) END AS premium_ca_share,
  coalesce(k.contacts, 0)::integer AS contacts, coalesce(k.contacts_365_days, 0)::integer AS contacts_365_days, coalesce(k.responses, 0)::integer AS responses,
  (a.as_of - k.last_contact) AS last_contact_days_ago,
  coalesce(a.as_of - k.last_contact < s.silence_window_days, false) AS in_silence_window,
  coalesce(n.credit_notes, 0)::integer AS credit_notes, coalesce(n.amount_ht, 0)::numeric(14,2) AS credit_notes_ht
FROM client_master_profile p JOIN customer c USING (customer_code) CROSS JOIN crm_as_of a CROSS JOIN crm_threshold s
LEFT JOIN customer_taste t USING (customer_code) LEFT JOIN contacts k USING (customer_code) LEFT JOIN notes n USING (customer_code);
COMMENT ON VIEW customer_features_view IS 'One row per customer: the features of segments and models, as of the newest day of the data';
COMMENT ON COLUMN customer_features_view.customer_id IS 'customer_code';
COMMENT ON COLUMN customer_features_view.last_contact_days_ago IS 'Days from the last contact to the newest day of the data; null for somebody who was never contacted';
COMMENT ON COLUMN customer_features_view.in_silence_window IS 'The last contact is less than silence_window_days ago';
COMMENT ON COLUMN customer_features_view.premium_ca_share IS 'Turnover with products of premium_tier 1 and more, of all';
COMMENT ON COLUMN customer_features_view.credit_notes_ht IS 'Sum of credit notes, negative; not deducted from ca_ht';
