-- Customer features, and the tables of recommendations, audit and outcomes, which a later step of the plan fills.

CREATE TABLE client_master_profile (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  customer_code varchar(255) NOT NULL UNIQUE REFERENCES customer,
  premiere_date_achat date,
  derniere_date_achat date,
  recence_jours integer CHECK (recence_jours >= 0),
  nb_commandes integer NOT NULL DEFAULT 0 CHECK (nb_commandes >= 0),
  ca_ht numeric(14,2) NOT NULL DEFAULT 0 CHECK (ca_ht >= 0),
  r_score integer CHECK (r_score BETWEEN 1 AND 5),
  f_score integer CHECK (f_score BETWEEN 1 AND 5),
  m_score integer CHECK (m_score BETWEEN 1 AND 5),
  rfm varchar(10),
  segment varchar(50) NOT NULL,
  top_family_1 varchar(255), top_family_1_ca_share numeric(5,4), top_family_2 varchar(255), top_family_2_ca_share numeric(5,4),
  top_grape_1 varchar(255), top_grape_1_ca_share numeric(5,4), top_grape_2 varchar(255), top_grape_2_ca_share numeric(5,4),
  top_sugar_1 varchar(50), top_sugar_1_ca_share numeric(5,4), top_sugar_2 varchar(50), top_sugar_2_ca_share numeric(5,4),
  top_budget_1 varchar(50), top_budget_1_ca_share numeric(5,4), top_budget_2 varchar(50), top_budget_2_ca_share numeric(5,4),
  family_diversity_score numeric(5,4) CHECK (family_diversity_score BETWEEN 0 AND 1),
  aroma_axe_1 varchar(50), aroma_score_1 numeric(4,3), aroma_axe_2 varchar(50), aroma_score_2 numeric(4,3), aroma_axe_3 varchar(50), aroma_score_3 numeric(4,3),
  aroma_confidence numeric(4,3) NOT NULL DEFAULT 0 CHECK (aroma_confidence BETWEEN 0 AND 1),
  aroma_level varchar(20) NOT NULL CHECK (aroma_level IN ('LOW', 'MEDIUM', 'HIGH')),
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  aroma_stability numeric(4,3) CHECK (aroma_stability BETWEEN 0 AND 1),
  CHECK (premiere_date_achat <= derniere_date_achat),
  CHECK ((nb_commandes = 0) = (derniere_date_achat IS NULL)),
  CHECK ((nb_commandes = 0) = (rfm IS NULL))
);
CREATE INDEX ix_profile_segment ON client_master_profile (segment);
CREATE INDEX ix_profile_rfm ON client_master_profile (rfm);
COMMENT ON TABLE client_master_profile IS 'Consolidated features, one row per customer: RFM, preferences and aroma profile';
COMMENT ON COLUMN client_master_profile.id IS 'Surrogate key';
COMMENT ON COLUMN client_master_profile.customer_code IS 'The customer';
COMMENT ON COLUMN client_master_profile.premiere_date_achat IS 'First purchase';
COMMENT ON COLUMN client_master_profile.derniere_date_achat IS 'Last purchase';
COMMENT ON COLUMN client_master_profile.recence_jours IS 'Days from the last purchase to the newest day of the data (view crm_as_of)';
COMMENT ON COLUMN client_master_profile.nb_commandes IS 'Distinct documents';
COMMENT ON COLUMN client_master_profile.ca_ht IS 'Turnover without tax, EUR, credit notes not deducted';
COMMENT ON COLUMN client_master_profile.r_score IS 'Recency, 5 = newest, by the bins rfm.recency_quantiles [a, b)';
COMMENT ON COLUMN client_master_profile.f_score IS 'Frequency, by the bins rfm.frequency_quantiles [a, b)';
COMMENT ON COLUMN client_master_profile.m_score IS 'Turnover, by the bins rfm.monetary_quantiles [a, b)';
COMMENT ON COLUMN client_master_profile.rfm IS 'The three scores side by side, e.g. 543; null without a purchase';
COMMENT ON COLUMN client_master_profile.segment IS 'First rule of rfm_segment that fits; PROSPECT without a purchase, OTHER where none fits';
COMMENT ON COLUMN client_master_profile.top_family_1 IS 'Wine family with the most turnover; equal turnover by name';
COMMENT ON COLUMN client_master_profile.top_family_1_ca_share IS 'Its share of the turnover of which the family is known, 0 to 1';
COMMENT ON COLUMN client_master_profile.top_family_2 IS 'The family after it';
COMMENT ON COLUMN client_master_profile.top_family_2_ca_share IS 'Its share';
COMMENT ON COLUMN client_master_profile.top_grape_1 IS 'Grape with the most turnover';
COMMENT ON COLUMN client_master_profile.top_grape_1_ca_share IS 'Its share';
COMMENT ON COLUMN client_master_profile.top_grape_2 IS 'The grape after it';
COMMENT ON COLUMN client_master_profile.top_grape_2_ca_share IS 'Its share';
COMMENT ON COLUMN client_master_profile.top_sugar_1 IS 'Sugar level with the most turnover';
COMMENT ON COLUMN client_master_profile.top_sugar_1_ca_share IS 'Its share';
COMMENT ON COLUMN client_master_profile.top_sugar_2 IS 'The sugar level after it';
COMMENT ON COLUMN client_master_profile.top_sugar_2_ca_share IS 'Its share';
COMMENT ON COLUMN client_master_profile.top_budget_1 IS 'Price band with the most turnover';
COMMENT ON COLUMN client_master_profile.top_budget_1_ca_share IS 'Its share';
COMMENT ON COLUMN client_master_profile.top_budget_2 IS 'The price band after it';
COMMENT ON COLUMN client_master_profile.top_budget_2_ca_share IS 'Its share';
COMMENT ON COLUMN client_master_profile.family_diversity_score IS 'Gini-Simpson: 1 less the sum of squared family shares; 0 = one family';
COMMENT ON COLUMN client_master_profile.aroma_axe_1 IS 'Strongest aroma axis; equal ones in the order fruit, floral, spice, mineral, acidity, body, tannin';
COMMENT ON COLUMN client_master_profile.aroma_score_1 IS 'Turnover-weighted mean of that axis over 5, 0 to 1; products without a value are left out';
COMMENT ON COLUMN client_master_profile.aroma_axe_2 IS 'The axis after it';
COMMENT ON COLUMN client_master_profile.aroma_score_2 IS 'Its mean';
COMMENT ON COLUMN client_master_profile.aroma_axe_3 IS 'The third axis';
COMMENT ON COLUMN client_master_profile.aroma_score_3 IS 'Its mean';
COMMENT ON COLUMN client_master_profile.aroma_confidence IS '0.2 + 0.8 × min(1, orders / 10) × aroma_stability; 0 with fewer orders than aroma.min_orders_for_confidence';
COMMENT ON COLUMN client_master_profile.aroma_level IS 'LOW, MEDIUM from aroma.low_threshold on, HIGH from aroma.medium_threshold on';
COMMENT ON COLUMN client_master_profile.created_at IS 'When the row came into the warehouse';
COMMENT ON COLUMN client_master_profile.updated_at IS 'When the row last changed';
COMMENT ON COLUMN client_master_profile.aroma_stability IS 'Ours: 1 less half the turnover-weighted standard deviation of what was bought, mean over the axes: how alike the purchases are';

CREATE TABLE reco_run (
  run_id varchar(255) PRIMARY KEY,
  config_hash varchar(64) NOT NULL,
  code_version varchar(50),
  dataset_version varchar(50),
  run_timestamp timestamptz NOT NULL DEFAULT now(),
  total_customers integer NOT NULL DEFAULT 0 CHECK (total_customers >= 0),
  eligible_customers integer NOT NULL DEFAULT 0 CHECK (eligible_customers >= 0),
  exported_customers integer NOT NULL DEFAULT 0 CHECK (exported_customers >= 0),
  duration_seconds numeric(12,3),
  summary_json jsonb,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ix_reco_run_timestamp ON reco_run (run_timestamp);
COMMENT ON TABLE reco_run IS 'Metadata of each recommendation run';
COMMENT ON COLUMN reco_run.run_id IS 'The run';
COMMENT ON COLUMN reco_run.config_hash IS 'SHA-256 of the configuration';
COMMENT ON COLUMN reco_run.code_version IS 'Version of the program';
COMMENT ON COLUMN reco_run.dataset_version IS 'Digest of the data';
COMMENT ON COLUMN reco_run.run_timestamp IS 'When it ran';
COMMENT ON COLUMN reco_run.total_customers IS 'Customers looked at';
COMMENT ON COLUMN reco_run.eligible_customers IS 'Customers that passed the audit gate';
COMMENT ON COLUMN reco_run.exported_customers IS 'Customers in the export';
COMMENT ON COLUMN reco_run.duration_seconds IS 'Duration in seconds';
COMMENT ON COLUMN reco_run.summary_json IS 'Counts by scenario, top errors, gating rate';
COMMENT ON COLUMN reco_run.created_at IS 'When the row was written';

CREATE TABLE reco_item (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  run_id varchar(255) NOT NULL REFERENCES reco_run ON DELETE CASCADE,
  customer_code varchar(255) NOT NULL REFERENCES customer,
  scenario varchar(50) NOT NULL CHECK (scenario IN ('REBUY', 'CROSS_SELL', 'UPSELL', 'WINBACK', 'NURTURE')),
  rank integer NOT NULL CHECK (rank BETWEEN 1 AND 3),
  product_key varchar(255) NOT NULL REFERENCES product,
  score numeric(7,4) NOT NULL,
  explain_short varchar(512),
  reasons_json jsonb,
  created_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (run_id, customer_code, rank),
  UNIQUE (run_id, customer_code, product_key)
);
CREATE INDEX ix_reco_run_customer ON reco_item (run_id, customer_code);
CREATE INDEX ix_reco_item_customer ON reco_item (customer_code);
CREATE INDEX ix_reco_item_product_key ON reco_item (product_key);
CREATE INDEX ix_reco_item_rank ON reco_item (rank);
COMMENT ON TABLE reco_item IS 'Individual recommendations, rank 1 to 3 per customer and run; no product twice';
COMMENT ON COLUMN reco_item.id IS 'Surrogate key';
COMMENT ON COLUMN reco_item.run_id IS 'The run';
COMMENT ON COLUMN reco_item.customer_code IS 'The customer';
COMMENT ON COLUMN reco_item.scenario IS 'REBUY, CROSS_SELL, UPSELL, WINBACK or NURTURE';
COMMENT ON COLUMN reco_item.rank IS '1 is best';
COMMENT ON COLUMN reco_item.product_key IS 'The product';
COMMENT ON COLUMN reco_item.score IS '0 to 100';
COMMENT ON COLUMN reco_item.explain_short IS 'The reason in a sentence';
COMMENT ON COLUMN reco_item.reasons_json IS 'Scored components, 0 to 1 each';
COMMENT ON COLUMN reco_item.created_at IS 'When the row was written';

CREATE TABLE audit_item (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  run_id varchar(255) NOT NULL REFERENCES reco_run ON DELETE CASCADE,
  customer_code varchar(255) NOT NULL,
  severity varchar(20) NOT NULL CHECK (severity IN ('ERROR', 'WARN')),
  rule_code varchar(100) NOT NULL,
  details_json jsonb,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ix_audit_run_customer ON audit_item (run_id, customer_code);
CREATE INDEX ix_audit_rule_code ON audit_item (rule_code);
COMMENT ON TABLE audit_item IS 'Audit flags and validation issues';
COMMENT ON COLUMN audit_item.id IS 'Surrogate key';
COMMENT ON COLUMN audit_item.run_id IS 'The run';
COMMENT ON COLUMN audit_item.customer_code IS 'The customer as the run knew it; no foreign key, so that a finding outlives a merge';
COMMENT ON COLUMN audit_item.severity IS 'ERROR or WARN';
COMMENT ON COLUMN audit_item.rule_code IS 'The rule, e.g. SILENCE_WINDOW';
COMMENT ON COLUMN audit_item.details_json IS 'What the rule saw';
COMMENT ON COLUMN audit_item.created_at IS 'When the row was written';

CREATE TABLE outcome_event (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  customer_code varchar(255) NOT NULL REFERENCES customer,
  campaign_id varchar(255) NOT NULL,
  purchase_date date,
  revenue_ht numeric(12,2),
  margin numeric(12,2),
  last_touch_reco_rank integer CHECK (last_touch_reco_rank BETWEEN 1 AND 3),
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ix_outcome_customer_campaign ON outcome_event (customer_code, campaign_id);
CREATE INDEX ix_outcome_purchase_date ON outcome_event (purchase_date);
COMMENT ON TABLE outcome_event IS 'Purchases attributed to a campaign, for learning';
COMMENT ON COLUMN outcome_event.id IS 'Surrogate key';
COMMENT ON COLUMN outcome_event.customer_code IS 'The customer';
COMMENT ON COLUMN outcome_event.campaign_id IS 'The campaign of the last contact before the purchase';
COMMENT ON COLUMN outcome_event.purchase_date IS 'Day of the purchase';
COMMENT ON COLUMN outcome_event.revenue_ht IS 'Amount without tax, EUR';
COMMENT ON COLUMN outcome_event.margin IS 'Margin, EUR';
COMMENT ON COLUMN outcome_event.last_touch_reco_rank IS 'Rank of the recommended product that was bought; null for another product';
COMMENT ON COLUMN outcome_event.created_at IS 'When the row was written';

-- Loads change rows only where a value differs, so that the time of the change is the time of the update.
CREATE FUNCTION stamp_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.updated_at := now();
  RETURN NEW;
END $$;
COMMENT ON FUNCTION stamp_update() IS 'Sets updated_at of a row that changes';
CREATE TRIGGER product_updated BEFORE UPDATE ON product FOR EACH ROW EXECUTE FUNCTION stamp_update();
CREATE TRIGGER customer_updated BEFORE UPDATE ON customer FOR EACH ROW EXECUTE FUNCTION stamp_update();
CREATE TRIGGER client_master_profile_updated BEFORE UPDATE ON client_master_profile FOR EACH ROW EXECUTE FUNCTION stamp_update();
