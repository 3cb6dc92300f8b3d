CREATE TABLE customer_features (
  customer_id uuid PRIMARY KEY,
  tenant text NOT NULL,
  tenant_name text NOT NULL,
  plan_type text,
  country text,
  age integer,
  signup_source text,
  newsletter boolean,
  is_active boolean NOT NULL,
  account_age_days integer NOT NULL,
  total_orders integer NOT NULL,
  lifetime_value numeric(14,2) NOT NULL,
  avg_order_value numeric(14,2),
  last_order_days_ago integer,
  orders_last_30_days integer NOT NULL,
  revenue_last_90_days numeric(14,2) NOT NULL,
  open_orders integer NOT NULL,
  cancelled_orders integer NOT NULL,
  favourite_category text,
  sessions_last_30_days integer NOT NULL,
  last_seen_days_ago integer,
  abandoned_carts_last_30_days integer NOT NULL,
  subscription_status text,
  subscription_plan text,
  mrr numeric(12,2) NOT NULL,
  former_subscriptions integer NOT NULL,
  overdue_invoices integer NOT NULL,
  overdue_amount numeric(12,2) NOT NULL
);
CREATE INDEX customer_features_tenant ON customer_features (tenant);
COMMENT ON TABLE customer_features IS 'One row per customer: the features of segments and models, as of the newest data; days count back from there';
COMMENT ON COLUMN customer_features.customer_id IS 'core_customer.id';
COMMENT ON COLUMN customer_features.tenant IS 'core_tenant.slug: the filter over segments and reports';
COMMENT ON COLUMN customer_features.tenant_name IS 'The tenant''s name';
COMMENT ON COLUMN customer_features.plan_type IS 'The tenant''s plan: enterprise, professional or starter';
COMMENT ON COLUMN customer_features.country IS 'Two letters';
COMMENT ON COLUMN customer_features.age IS 'Years';
COMMENT ON COLUMN customer_features.signup_source IS 'organic, paid_ad, referral or social';
COMMENT ON COLUMN customer_features.newsletter IS 'Wants the newsletter';
COMMENT ON COLUMN customer_features.is_active IS 'Has an open account';
COMMENT ON COLUMN customer_features.account_age_days IS 'Days since registration';
COMMENT ON COLUMN customer_features.total_orders IS 'Completed orders';
COMMENT ON COLUMN customer_features.lifetime_value IS 'Sum of their totals';
COMMENT ON COLUMN customer_features.avg_order_value IS 'Value per completed order; null without any';
COMMENT ON COLUMN customer_features.last_order_days_ago IS 'Days since the newest order that was not cancelled; null without any';
COMMENT ON COLUMN customer_features.orders_last_30_days IS 'Orders that were not cancelled';
COMMENT ON COLUMN customer_features.revenue_last_90_days IS 'Total of completed orders';
COMMENT ON COLUMN customer_features.open_orders IS 'Orders pending or processing';
COMMENT ON COLUMN customer_features.cancelled_orders IS 'Cancelled orders';
COMMENT ON COLUMN customer_features.favourite_category IS 'Category with the most pieces in completed orders; null without any';
COMMENT ON COLUMN customer_features.sessions_last_30_days IS 'Visits in which the customer was known';
COMMENT ON COLUMN customer_features.last_seen_days_ago IS 'Days since the last such visit; null without any';
COMMENT ON COLUMN customer_features.abandoned_carts_last_30_days IS 'Visits that put something into the cart and bought nothing';
COMMENT ON COLUMN customer_features.subscription_status IS 'Of the newest subscription; null without any';
COMMENT ON COLUMN customer_features.subscription_plan IS 'Plan of the newest subscription; null without any';
COMMENT ON COLUMN customer_features.mrr IS 'Sum of the monthly amounts of active subscriptions';
COMMENT ON COLUMN customer_features.former_subscriptions IS 'Subscriptions cancelled or expired';
COMMENT ON COLUMN customer_features.overdue_invoices IS 'Invoices overdue now';
COMMENT ON COLUMN customer_features.overdue_amount IS 'Sum of them';
