-- The four tables of the loyalty programme. The customer's guide and setup script describe them differently; each table here
-- has the columns of both. Where both name the same thing differently, the second name is a generated column.

CREATE TABLE offer_catalogue (
  offer_id integer PRIMARY KEY,
  offer_name varchar(255) NOT NULL,
  offer_type varchar(50) NOT NULL,
  category varchar(50) NOT NULL CHECK (category IN ('points', 'discount', 'shipping', 'access', 'special', 'referral', 'sale', 'tier', 'retention', 'acquisition')),
  lifecycle_stage varchar(50) NOT NULL CHECK (lifecycle_stage IN ('acquisition', 'onboarding', 'growth', 'retention', 'win_back', 'churn')),
  value_segment varchar(50) NOT NULL CHECK (value_segment IN ('high_value', 'medium_value', 'low_value', 'all')),
  model_class integer GENERATED ALWAYS AS (offer_id - 1) STORED UNIQUE,
  CHECK (offer_id >= 1)
);
COMMENT ON TABLE offer_catalogue IS 'One row per offer that can be sent';
COMMENT ON COLUMN offer_catalogue.offer_id IS 'The programme''s number of the offer, from 1';
COMMENT ON COLUMN offer_catalogue.offer_name IS 'Name that customers see';
COMMENT ON COLUMN offer_catalogue.offer_type IS 'What the offer gives, e.g. discount';
COMMENT ON COLUMN offer_catalogue.category IS 'What it is worth to the programme, e.g. points, tier';
COMMENT ON COLUMN offer_catalogue.lifecycle_stage IS 'When in a customer''s life it is meant';
COMMENT ON COLUMN offer_catalogue.value_segment IS 'For whom it is meant';
COMMENT ON COLUMN offer_catalogue.model_class IS 'Class of a model, from 0: the only place where the two ways of counting meet';

CREATE TABLE customer_features_view (
  customer_id varchar(255) PRIMARY KEY,
  total_revenue numeric(15,2) NOT NULL DEFAULT 0,
  transaction_count integer NOT NULL DEFAULT 0 CHECK (transaction_count >= 0),
  last_purchase_days_ago integer CHECK (last_purchase_days_ago >= 0),
  days_since_last_transaction integer GENERATED ALWAYS AS (last_purchase_days_ago) STORED,
  avg_transaction_value numeric(15,2),
  lifetime_value numeric(15,2),
  churn_score numeric(5,4) CHECK (churn_score BETWEEN 0 AND 1),
  customer_tier varchar(50),
  customer_status varchar(50) NOT NULL DEFAULT 'active' CHECK (customer_status IN ('active', 'inactive', 'suspended')),
  city varchar(100),
  age integer CHECK (age BETWEEN 0 AND 130),
  active_products_count integer CHECK (active_products_count >= 0),
  data_usage_mb numeric(15,2) CHECK (data_usage_mb >= 0),
  credit_utilization numeric(5,4) CHECK (credit_utilization >= 0),
  account_age_days integer CHECK (account_age_days >= 0),
  updated_at timestamptz NOT NULL DEFAULT now(),
  last_updated timestamptz GENERATED ALWAYS AS (updated_at) STORED
);
COMMENT ON TABLE customer_features_view IS 'One row per customer: what segments and models look at. A table, though its name says view';
COMMENT ON COLUMN customer_features_view.customer_id IS 'The customer everywhere: UUID or any other text of up to 255 characters';
COMMENT ON COLUMN customer_features_view.total_revenue IS 'Revenue over the whole membership';
COMMENT ON COLUMN customer_features_view.transaction_count IS 'Transactions over the whole membership';
COMMENT ON COLUMN customer_features_view.last_purchase_days_ago IS 'Days from the last transaction to the newest data of the source; null for somebody who never bought';
COMMENT ON COLUMN customer_features_view.days_since_last_transaction IS 'The same as last_purchase_days_ago, under the setup script''s name';
COMMENT ON COLUMN customer_features_view.avg_transaction_value IS 'Revenue divided by transactions';
COMMENT ON COLUMN customer_features_view.lifetime_value IS 'Revenue expected over the whole membership';
COMMENT ON COLUMN customer_features_view.churn_score IS 'How likely the customer is to leave, 0 to 1';
COMMENT ON COLUMN customer_features_view.customer_tier IS 'bronze, silver, gold or platinum, by lifetime value';
COMMENT ON COLUMN customer_features_view.customer_status IS 'active, inactive or suspended';
COMMENT ON COLUMN customer_features_view.city IS 'City of residence';
COMMENT ON COLUMN customer_features_view.age IS 'Age in years at the newest data of the source';
COMMENT ON COLUMN customer_features_view.active_products_count IS 'Products that the customer has now';
COMMENT ON COLUMN customer_features_view.data_usage_mb IS 'Mobile data used a month, megabytes';
COMMENT ON COLUMN customer_features_view.credit_utilization IS 'Outstanding amount divided by credit limit';
COMMENT ON COLUMN customer_features_view.account_age_days IS 'Days from the opening of the account to the newest data of the source';
COMMENT ON COLUMN customer_features_view.updated_at IS 'When the source last changed the customer';
COMMENT ON COLUMN customer_features_view.last_updated IS 'The same as updated_at, under the setup script''s name';

CREATE TABLE customer_offer_history (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  customer_id varchar(255) NOT NULL REFERENCES customer_features_view,
  offer_id integer NOT NULL REFERENCES offer_catalogue,
  offer_name varchar(255),
  offer_type varchar(50),
  sent_at timestamptz NOT NULL,
  opened_at timestamptz CHECK (opened_at >= sent_at),
  clicked_at timestamptz CHECK (clicked_at >= opened_at),
  converted_at timestamptz CHECK (converted_at >= clicked_at),
  converted boolean GENERATED ALWAYS AS (converted_at IS NOT NULL) STORED,
  converted_offer_id integer REFERENCES offer_catalogue,
  points_earned numeric(10,2) NOT NULL DEFAULT 0 CHECK (points_earned >= 0),
  total_revenue numeric(15,2),
  transaction_count integer,
  last_purchase_days_ago integer,
  days_since_last_transaction integer GENERATED ALWAYS AS (last_purchase_days_ago) STORED,
  avg_transaction_value numeric(15,2),
  lifetime_value numeric(15,2),
  churn_score numeric(5,4) CHECK (churn_score BETWEEN 0 AND 1),
  created_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (customer_id, offer_id, sent_at),
  CHECK ((converted_at IS NULL) = (converted_offer_id IS NULL))
);
CREATE INDEX customer_offer_history_by_time ON customer_offer_history (customer_id, sent_at);
CREATE INDEX customer_offer_history_by_offer ON customer_offer_history (offer_id);
COMMENT ON TABLE customer_offer_history IS 'One row per offer that a customer was sent: what became of it, and what the customer was like at that moment';
COMMENT ON COLUMN customer_offer_history.id IS 'Number of the row in this warehouse; the offer itself is customer, offer and moment';
COMMENT ON COLUMN customer_offer_history.customer_id IS 'Who was sent it';
COMMENT ON COLUMN customer_offer_history.offer_id IS 'What was sent';
COMMENT ON COLUMN customer_offer_history.offer_name IS 'Name of the offer';
COMMENT ON COLUMN customer_offer_history.offer_type IS 'Type of the offer';
COMMENT ON COLUMN customer_offer_history.sent_at IS 'When it was sent';
COMMENT ON COLUMN customer_offer_history.opened_at IS 'When it was opened; null: never';
COMMENT ON COLUMN customer_offer_history.clicked_at IS 'When it was clicked; null: never';
COMMENT ON COLUMN customer_offer_history.converted_at IS 'When the customer took it; null: never';
COMMENT ON COLUMN customer_offer_history.converted IS 'True when the customer took it: the guide''s label';
COMMENT ON COLUMN customer_offer_history.converted_offer_id IS 'Which offer the customer took: the label of next-best-offer models';
COMMENT ON COLUMN customer_offer_history.points_earned IS 'Points that taking it brought';
COMMENT ON COLUMN customer_offer_history.total_revenue IS 'Revenue of the customer when the offer was sent';
COMMENT ON COLUMN customer_offer_history.transaction_count IS 'Transactions of the customer when the offer was sent';
COMMENT ON COLUMN customer_offer_history.last_purchase_days_ago IS 'Days since the last transaction when the offer was sent';
COMMENT ON COLUMN customer_offer_history.days_since_last_transaction IS 'The same as last_purchase_days_ago, under the setup script''s name';
COMMENT ON COLUMN customer_offer_history.avg_transaction_value IS 'Average transaction when the offer was sent';
COMMENT ON COLUMN customer_offer_history.lifetime_value IS 'Lifetime value when the offer was sent';
COMMENT ON COLUMN customer_offer_history.churn_score IS 'Churn score when the offer was sent, 0 to 1';
COMMENT ON COLUMN customer_offer_history.created_at IS 'When the source wrote it down';

CREATE TABLE customer_churn_history (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  customer_id varchar(255) NOT NULL REFERENCES customer_features_view,
  snapshot_date date NOT NULL DEFAULT CURRENT_DATE,
  total_revenue numeric(15,2),
  transaction_count integer,
  last_purchase_days_ago integer,
  days_since_last_transaction integer GENERATED ALWAYS AS (last_purchase_days_ago) STORED,
  avg_transaction_value numeric(15,2),
  lifetime_value numeric(15,2),
  churn_score numeric(5,4) CHECK (churn_score BETWEEN 0 AND 1),
  churned boolean NOT NULL DEFAULT false,
  churned_label integer GENERATED ALWAYS AS (churned::integer) STORED,
  churn_date date,
  churned_date date GENERATED ALWAYS AS (churn_date) STORED,
  created_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (customer_id, snapshot_date),
  CHECK (churned = (churn_date IS NOT NULL)),
  CHECK (churn_date <= snapshot_date)
);
CREATE INDEX customer_churn_history_by_date ON customer_churn_history (snapshot_date);
COMMENT ON TABLE customer_churn_history IS 'One row per customer and snapshot date: what was known on that day, and whether the customer had left by then';
COMMENT ON COLUMN customer_churn_history.id IS 'Number of the row in this warehouse; the snapshot itself is customer and date';
COMMENT ON COLUMN customer_churn_history.customer_id IS 'Whose snapshot';
COMMENT ON COLUMN customer_churn_history.snapshot_date IS 'The day of the snapshot';
COMMENT ON COLUMN customer_churn_history.total_revenue IS 'Revenue on that day';
COMMENT ON COLUMN customer_churn_history.transaction_count IS 'Transactions on that day';
COMMENT ON COLUMN customer_churn_history.last_purchase_days_ago IS 'Days since the last transaction on that day';
COMMENT ON COLUMN customer_churn_history.days_since_last_transaction IS 'The same as last_purchase_days_ago, under the setup script''s name';
COMMENT ON COLUMN customer_churn_history.avg_transaction_value IS 'Average transaction on that day';
COMMENT ON COLUMN customer_churn_history.lifetime_value IS 'Lifetime value on that day';
COMMENT ON COLUMN customer_churn_history.churn_score IS 'Churn score on that day, 0 to 1';
COMMENT ON COLUMN customer_churn_history.churned IS 'True when the customer had left by that day: the guide''s label';
COMMENT ON COLUMN customer_churn_history.churned_label IS 'The same as churned as 0 or 1, as the setup script has it';
COMMENT ON COLUMN customer_churn_history.churn_date IS 'When the customer left; null in snapshots of the time before, when nobody knew';
COMMENT ON COLUMN customer_churn_history.churned_date IS 'The same as churn_date, under the setup script''s name';
COMMENT ON COLUMN customer_churn_history.created_at IS 'When the source wrote it down';

CREATE TABLE customer_transaction_history (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  transaction_reference varchar(40) NOT NULL UNIQUE,
  customer_id varchar(255) NOT NULL REFERENCES customer_features_view,
  transaction_date timestamptz NOT NULL,
  transaction_day date GENERATED ALWAYS AS ((transaction_date AT TIME ZONE 'UTC')::date) STORED,
  transaction_type varchar(50) NOT NULL CHECK (transaction_type IN ('purchase', 'recharge', 'subscription', 'redemption')),
  transaction_amount numeric(15,2) NOT NULL,
  points_earned numeric(10,2) NOT NULL DEFAULT 0 CHECK (points_earned >= 0),
  points_redeemed numeric(10,2) NOT NULL DEFAULT 0 CHECK (points_redeemed >= 0),
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX customer_transaction_history_by_time ON customer_transaction_history (customer_id, transaction_date);
CREATE INDEX customer_transaction_history_by_day ON customer_transaction_history (transaction_day);
COMMENT ON TABLE customer_transaction_history IS 'One row per transaction that was not taken back';
COMMENT ON COLUMN customer_transaction_history.id IS 'Number of the row in this warehouse';
COMMENT ON COLUMN customer_transaction_history.transaction_reference IS 'Number on the receipt: the same transaction is never loaded twice';
COMMENT ON COLUMN customer_transaction_history.customer_id IS 'Whose transaction';
COMMENT ON COLUMN customer_transaction_history.transaction_date IS 'When it was made: the guide has a moment';
COMMENT ON COLUMN customer_transaction_history.transaction_day IS 'The day of it in UTC: the setup script has a date';
COMMENT ON COLUMN customer_transaction_history.transaction_type IS 'purchase, recharge, subscription or redemption';
COMMENT ON COLUMN customer_transaction_history.transaction_amount IS 'Amount; of a redemption, what the points were worth';
COMMENT ON COLUMN customer_transaction_history.points_earned IS 'Points that it brought';
COMMENT ON COLUMN customer_transaction_history.points_redeemed IS 'Points that it cost';
COMMENT ON COLUMN customer_transaction_history.created_at IS 'When the source wrote it down';

CREATE VIEW customer_rfm_view AS
WITH scores AS (
  SELECT customer_id, last_purchase_days_ago AS recency_days, transaction_count AS frequency_count, total_revenue AS monetary_value,
    CASE WHEN last_purchase_days_ago <= 30 THEN 5 WHEN last_purchase_days_ago <= 60 THEN 4 WHEN last_purchase_days_ago <= 90 THEN 3 WHEN last_purchase_days_ago <= 180 THEN 2 ELSE 1 END AS recency_score,
    CASE WHEN transaction_count >= 20 THEN 5 WHEN transaction_count >= 10 THEN 4 WHEN transaction_count >= 5 THEN 3 WHEN transaction_count >= 2 THEN 2 ELSE 1 END AS frequency_score,
    CASE WHEN total_revenue >= 1000 THEN 5 WHEN total_revenue >= 500 THEN 4 WHEN total_revenue >= 200 THEN 3 WHEN total_revenue >= 100 THEN 2 ELSE 1 END AS monetary_score
  FROM customer_features_view
), codes AS (
  SELECT *, 100 * recency_score + 10 * frequency_score + monetary_score AS rfm_score FROM scores
)
SELECT *, CASE
    WHEN rfm_score IN (555, 554, 545) THEN 'Champions'
    WHEN rfm_score IN (544, 444) THEN 'Loyal Customers'
    WHEN rfm_score IN (455, 454, 445) THEN 'Potential Loyalists'
    WHEN rfm_score IN (355, 354, 345, 254, 245, 244) THEN 'At Risk'
    WHEN rfm_score = 344 THEN 'Need Attention'
    WHEN rfm_score IN (255, 155) THEN 'Cannot Lose Them'
    WHEN rfm_score = 154 THEN 'Hibernating'
    WHEN rfm_score = 145 THEN 'About to Sleep'
    WHEN rfm_score = 144 OR frequency_score = 1 THEN 'Lost'
    ELSE 'Regular'
  END AS rfm_segment
FROM codes;
COMMENT ON VIEW customer_rfm_view IS 'One row per customer: RFM scores by fixed limits (days 30, 60, 90, 180; transactions 20, 10, 5, 2; revenue 1000, 500, 200, 100) and the segment of the three digits';
COMMENT ON COLUMN customer_rfm_view.customer_id IS 'Whose scores';
COMMENT ON COLUMN customer_rfm_view.recency_days IS 'Days since the last transaction';
COMMENT ON COLUMN customer_rfm_view.frequency_count IS 'Transactions';
COMMENT ON COLUMN customer_rfm_view.monetary_value IS 'Revenue';
COMMENT ON COLUMN customer_rfm_view.recency_score IS '5 within 30 days, down to 1 after 180 days or never';
COMMENT ON COLUMN customer_rfm_view.frequency_score IS '5 from 20 transactions on, down to 1';
COMMENT ON COLUMN customer_rfm_view.monetary_score IS '5 from a revenue of 1000 on, down to 1';
COMMENT ON COLUMN customer_rfm_view.rfm_score IS '100 × recency + 10 × frequency + monetary score';
COMMENT ON COLUMN customer_rfm_view.rfm_segment IS 'Segment by the three digits';
