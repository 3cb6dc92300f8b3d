-- What the Xiva API tells. Its lists are kept as they come, one table each; xiva_profiles has the features made from them.

CREATE TABLE xiva_customers (
  customer_id varchar(255) PRIMARY KEY,
  status text,
  customer_type text,
  first_name text,
  last_name text,
  gender text,
  nationality text,
  birth_date date,
  email text,
  phone text,
  updated_at timestamptz NOT NULL
);
COMMENT ON TABLE xiva_customers IS 'One row per customer of the Xiva API (customerManagement)';
COMMENT ON COLUMN xiva_customers.customer_id IS 'The customer, under the warehouse''s id';
COMMENT ON COLUMN xiva_customers.status IS 'Status of the customer at Xiva';
COMMENT ON COLUMN xiva_customers.customer_type IS 'Individual or Business';
COMMENT ON COLUMN xiva_customers.first_name IS 'First name';
COMMENT ON COLUMN xiva_customers.last_name IS 'Last name';
COMMENT ON COLUMN xiva_customers.gender IS 'Gender as the customer gave it';
COMMENT ON COLUMN xiva_customers.nationality IS 'Country code of the nationality';
COMMENT ON COLUMN xiva_customers.birth_date IS 'Date of birth';
COMMENT ON COLUMN xiva_customers.email IS 'First mail address';
COMMENT ON COLUMN xiva_customers.phone IS 'First telephone number';
COMMENT ON COLUMN xiva_customers.updated_at IS 'When Xiva last changed the customer';

CREATE TABLE xiva_accounts (
  account_id varchar(255) PRIMARY KEY,
  customer_id varchar(255) NOT NULL,
  total_bills numeric(15,2),
  total_payments numeric(15,2),
  current_balance numeric(15,2),
  outstanding_amount numeric(15,2),
  credit_limit numeric(15,2),
  last_payment_amount numeric(15,2),
  last_payment_date date,
  updated_at timestamptz NOT NULL
);
CREATE INDEX xiva_accounts_of_customer ON xiva_accounts (customer_id);
COMMENT ON TABLE xiva_accounts IS 'One row per billing account of the Xiva API (customerAccount)';
COMMENT ON COLUMN xiva_accounts.account_id IS 'The account';
COMMENT ON COLUMN xiva_accounts.customer_id IS 'Whose account';
COMMENT ON COLUMN xiva_accounts.total_bills IS 'Sum of all bills';
COMMENT ON COLUMN xiva_accounts.total_payments IS 'Sum of all payments';
COMMENT ON COLUMN xiva_accounts.current_balance IS 'What the current month has cost so far';
COMMENT ON COLUMN xiva_accounts.outstanding_amount IS 'What is owed';
COMMENT ON COLUMN xiva_accounts.credit_limit IS 'What may be owed at most';
COMMENT ON COLUMN xiva_accounts.last_payment_amount IS 'The last payment';
COMMENT ON COLUMN xiva_accounts.last_payment_date IS 'When it came';
COMMENT ON COLUMN xiva_accounts.updated_at IS 'When Xiva last changed the account';

CREATE TABLE xiva_products (
  product_id varchar(255) PRIMARY KEY,
  customer_id varchar(255) NOT NULL,
  product_name text NOT NULL,
  service text,
  status text NOT NULL,
  started_on date,
  updated_at timestamptz NOT NULL
);
CREATE INDEX xiva_products_of_customer ON xiva_products (customer_id);
COMMENT ON TABLE xiva_products IS 'One row per product of a customer at the Xiva API (product)';
COMMENT ON COLUMN xiva_products.product_id IS 'The customer''s copy of the product';
COMMENT ON COLUMN xiva_products.customer_id IS 'Whose product';
COMMENT ON COLUMN xiva_products.product_name IS 'Name of the product';
COMMENT ON COLUMN xiva_products.service IS 'voice, data or sms';
COMMENT ON COLUMN xiva_products.status IS 'active, suspended or terminated';
COMMENT ON COLUMN xiva_products.started_on IS 'Since when';
COMMENT ON COLUMN xiva_products.updated_at IS 'When Xiva last changed it';

CREATE TABLE xiva_usage (
  usage_id varchar(255) PRIMARY KEY,
  customer_id varchar(255) NOT NULL,
  usage_type text NOT NULL,
  usage_month date NOT NULL,
  quantity numeric(15,2) NOT NULL,
  rated_amount numeric(15,2) NOT NULL,
  updated_at timestamptz NOT NULL
);
CREATE INDEX xiva_usage_of_customer ON xiva_usage (customer_id);
COMMENT ON TABLE xiva_usage IS 'One row per customer, month and type of usage of the Xiva API (ratedProductUsage)';
COMMENT ON COLUMN xiva_usage.usage_id IS 'The record';
COMMENT ON COLUMN xiva_usage.customer_id IS 'Whose usage';
COMMENT ON COLUMN xiva_usage.usage_type IS 'VOICE_LOCAL, DATA or SMS';
COMMENT ON COLUMN xiva_usage.usage_month IS 'First day of the month';
COMMENT ON COLUMN xiva_usage.quantity IS 'Megabytes, or messages';
COMMENT ON COLUMN xiva_usage.rated_amount IS 'What it cost';
COMMENT ON COLUMN xiva_usage.updated_at IS 'When Xiva last counted';

CREATE TABLE xiva_profiles (
  customer_id varchar(255) PRIMARY KEY,
  customer_status varchar(50),
  customer_type varchar(50),
  first_name text,
  last_name text,
  gender varchar(20),
  nationality varchar(50),
  age integer CHECK (age BETWEEN 0 AND 130),
  email text,
  phone text,
  total_revenue numeric(15,2),
  current_month_spend numeric(15,2),
  outstanding_amount numeric(15,2),
  credit_limit numeric(15,2),
  credit_utilization numeric(9,4),
  last_payment_amount numeric(15,2),
  days_since_last_payment integer,
  payment_ratio numeric(9,4),
  active_products_count integer,
  active_services_count integer,
  total_services_count integer,
  has_voice_service boolean,
  has_data_service boolean,
  has_sms_service boolean,
  product_names text,
  primary_product text,
  current_month_usage_spend numeric(15,2),
  total_usage_spend numeric(15,2),
  usage_records_count integer,
  voice_usage_mb numeric(15,2),
  data_usage_mb numeric(15,2),
  sms_usage_count integer,
  updated_at timestamptz NOT NULL
);
COMMENT ON TABLE xiva_profiles IS 'One row per customer of the Xiva API: the features that it gives. It gives neither transactions nor recency';
COMMENT ON COLUMN xiva_profiles.customer_id IS 'The customer, under the warehouse''s id';
COMMENT ON COLUMN xiva_profiles.customer_status IS 'Status of the customer at Xiva';
COMMENT ON COLUMN xiva_profiles.customer_type IS 'Individual or Business';
COMMENT ON COLUMN xiva_profiles.first_name IS 'First name';
COMMENT ON COLUMN xiva_profiles.last_name IS 'Last name';
COMMENT ON COLUMN xiva_profiles.gender IS 'Gender as the customer gave it';
COMMENT ON COLUMN xiva_profiles.nationality IS 'Country code of the nationality';
COMMENT ON COLUMN xiva_profiles.age IS 'Age in years when Xiva last changed something';
COMMENT ON COLUMN xiva_profiles.email IS 'First mail address';
COMMENT ON COLUMN xiva_profiles.phone IS 'First telephone number';
COMMENT ON COLUMN xiva_profiles.total_revenue IS 'Sum of all bills';
COMMENT ON COLUMN xiva_profiles.current_month_spend IS 'What the current month has cost so far';
COMMENT ON COLUMN xiva_profiles.outstanding_amount IS 'What is owed';
COMMENT ON COLUMN xiva_profiles.credit_limit IS 'What may be owed at most';
COMMENT ON COLUMN xiva_profiles.credit_utilization IS 'Amount owed divided by credit limit; null without a limit';
COMMENT ON COLUMN xiva_profiles.last_payment_amount IS 'The last payment';
COMMENT ON COLUMN xiva_profiles.days_since_last_payment IS 'Days from the last payment to Xiva''s last change';
COMMENT ON COLUMN xiva_profiles.payment_ratio IS 'Payments divided by bills; null without bills';
COMMENT ON COLUMN xiva_profiles.active_products_count IS 'Products that are active';
COMMENT ON COLUMN xiva_profiles.active_services_count IS 'Services that an active product brings';
COMMENT ON COLUMN xiva_profiles.total_services_count IS 'Services that any product brings';
COMMENT ON COLUMN xiva_profiles.has_voice_service IS 'An active product brings voice';
COMMENT ON COLUMN xiva_profiles.has_data_service IS 'An active product brings data';
COMMENT ON COLUMN xiva_profiles.has_sms_service IS 'An active product brings messages';
COMMENT ON COLUMN xiva_profiles.product_names IS 'Names of the active products, with commas between them';
COMMENT ON COLUMN xiva_profiles.primary_product IS 'The active product that the customer has had longest';
COMMENT ON COLUMN xiva_profiles.current_month_usage_spend IS 'What usage of the current month has cost so far';
COMMENT ON COLUMN xiva_profiles.total_usage_spend IS 'What all recorded usage cost';
COMMENT ON COLUMN xiva_profiles.usage_records_count IS 'Usage records';
COMMENT ON COLUMN xiva_profiles.voice_usage_mb IS 'Voice over data in the last whole month, megabytes';
COMMENT ON COLUMN xiva_profiles.data_usage_mb IS 'Mobile data in the last whole month, megabytes';
COMMENT ON COLUMN xiva_profiles.sms_usage_count IS 'Messages in the last whole month';
COMMENT ON COLUMN xiva_profiles.updated_at IS 'When Xiva last changed anything of the customer';
