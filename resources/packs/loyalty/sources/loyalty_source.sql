-- The operational database of the loyalty programme, as the demo makes it. Jobs only read it; each table tells by updated_at
-- what is new.

CREATE TABLE offers (
  offer_id integer PRIMARY KEY CHECK (offer_id BETWEEN 1 AND 8),
  offer_name text NOT NULL,
  offer_type text NOT NULL,
  category text NOT NULL,
  lifecycle_stage text NOT NULL,
  value_segment text NOT NULL
);
COMMENT ON TABLE offers IS 'The offers that the programme can send';

CREATE TABLE customers (
  customer_id uuid PRIMARY KEY,
  customer_number integer NOT NULL UNIQUE,
  value_segment text NOT NULL,
  customer_status text NOT NULL CHECK (customer_status IN ('active', 'inactive', 'suspended')),
  customer_tier text NOT NULL,
  first_name text NOT NULL,
  last_name text NOT NULL,
  city text NOT NULL,
  birth_date date NOT NULL,
  opened_on date NOT NULL,
  last_transaction_at timestamptz,
  total_revenue numeric(15,2) NOT NULL DEFAULT 0,
  transaction_count integer NOT NULL DEFAULT 0,
  lifetime_value numeric(15,2) NOT NULL DEFAULT 0,
  churn_score numeric(5,4) NOT NULL CHECK (churn_score BETWEEN 0 AND 1),
  active_products_count integer NOT NULL,
  data_usage_mb numeric(15,2) NOT NULL,
  credit_utilization numeric(5,4) NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL
);
COMMENT ON TABLE customers IS 'One row per member, with totals over the whole membership';
COMMENT ON COLUMN customers.value_segment IS 'The kind of customer that the programme took the member for at the beginning';

CREATE TABLE offer_sends (
  customer_id uuid NOT NULL REFERENCES customers,
  offer_id integer NOT NULL REFERENCES offers,
  sent_at timestamptz NOT NULL,
  opened_at timestamptz,
  clicked_at timestamptz,
  converted_at timestamptz,
  converted_offer_id integer REFERENCES offers,
  points_earned numeric(10,2) NOT NULL DEFAULT 0,
  total_revenue numeric(15,2) NOT NULL,
  transaction_count integer NOT NULL,
  days_since_last_transaction integer,
  avg_transaction_value numeric(15,2) NOT NULL,
  lifetime_value numeric(15,2) NOT NULL,
  churn_score numeric(5,4) NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  PRIMARY KEY (customer_id, sent_at, offer_id)
);
CREATE INDEX offer_sends_changes ON offer_sends (updated_at);
CREATE INDEX offer_sends_newest ON offer_sends (sent_at);
COMMENT ON TABLE offer_sends IS 'One row per offer that a member was sent, with what the member was like at that moment';

CREATE TABLE churn_snapshots (
  customer_id uuid NOT NULL REFERENCES customers,
  snapshot_date date NOT NULL,
  total_revenue numeric(15,2) NOT NULL,
  transaction_count integer NOT NULL,
  days_since_last_transaction integer,
  avg_transaction_value numeric(15,2) NOT NULL,
  lifetime_value numeric(15,2) NOT NULL,
  churn_score numeric(5,4) NOT NULL,
  churned boolean NOT NULL,
  churn_date date,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  PRIMARY KEY (customer_id, snapshot_date)
);
CREATE INDEX churn_snapshots_changes ON churn_snapshots (updated_at);
COMMENT ON TABLE churn_snapshots IS 'What was known of each member every 15 days, and whether they had left by then';

CREATE TABLE transactions (
  transaction_reference text PRIMARY KEY,
  customer_id uuid NOT NULL REFERENCES customers,
  transacted_at timestamptz NOT NULL,
  transaction_type text NOT NULL CHECK (transaction_type IN ('purchase', 'recharge', 'subscription', 'redemption')),
  amount numeric(15,2) NOT NULL,
  points_earned numeric(10,2) NOT NULL DEFAULT 0,
  points_redeemed numeric(10,2) NOT NULL DEFAULT 0,
  voided boolean NOT NULL DEFAULT false,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL
);
CREATE INDEX transactions_changes ON transactions (updated_at);
CREATE INDEX transactions_newest ON transactions (transacted_at) WHERE NOT voided;
CREATE INDEX transactions_of_customer ON transactions (customer_id, transacted_at);
COMMENT ON TABLE transactions IS 'One row per purchase, recharge, subscription or redemption';
COMMENT ON COLUMN transactions.voided IS 'True when it was taken back: the warehouse then no longer has it';

CREATE TABLE live_ticks (
  ticked_from timestamptz PRIMARY KEY
);
COMMENT ON TABLE live_ticks IS 'Pieces of time that the living demo has played, so that none is played twice';
