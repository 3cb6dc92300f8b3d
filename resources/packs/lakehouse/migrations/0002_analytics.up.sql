-- What is computed from the copies. Each table is made anew by one job; a tenant without rows has zeros and is not missing.

CREATE VIEW shop_moment AS
SELECT greatest((SELECT max(updated_at) FROM core_order), (SELECT max(updated_at) FROM core_subscription),
  (SELECT max(updated_at) FROM core_invoice), (SELECT max(updated_at) FROM core_customer)) AS as_of;
COMMENT ON VIEW shop_moment IS 'The newest change in the copies: “today” of everything computed here, whatever the clock says';
COMMENT ON COLUMN shop_moment.as_of IS 'Null before the first copy';

CREATE TABLE dim_product (
  product_sk bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  product_id uuid NOT NULL,
  tenant_id uuid NOT NULL,
  name text NOT NULL,
  category text NOT NULL,
  price numeric(10,2) NOT NULL,
  cost numeric(10,2) NOT NULL,
  is_active boolean NOT NULL,
  effective_from timestamptz NOT NULL,
  effective_to timestamptz NOT NULL,
  is_current boolean NOT NULL,
  record_hash text NOT NULL,
  CHECK (effective_from < effective_to),
  UNIQUE (product_id, effective_from)
);
CREATE UNIQUE INDEX dim_product_current ON dim_product (product_id) WHERE is_current;
COMMENT ON TABLE dim_product IS 'Products, SCD Type 2: one row per version; a change of name, category, price or activity opens one';
COMMENT ON COLUMN dim_product.product_sk IS 'Surrogate key of the version';
COMMENT ON COLUMN dim_product.product_id IS 'core_product.id';
COMMENT ON COLUMN dim_product.tenant_id IS 'Who sells it';
COMMENT ON COLUMN dim_product.name IS 'Name in this version';
COMMENT ON COLUMN dim_product.category IS 'Category in this version';
COMMENT ON COLUMN dim_product.price IS 'Price in this version';
COMMENT ON COLUMN dim_product.cost IS 'Cost, overwritten in the newest version';
COMMENT ON COLUMN dim_product.is_active IS 'Sold in this version';
COMMENT ON COLUMN dim_product.effective_from IS 'When the change was committed at the source, inclusive; of the first version the time of the first copy';
COMMENT ON COLUMN dim_product.effective_to IS 'Exclusive; 9999-12-31 while it is valid';
COMMENT ON COLUMN dim_product.is_current IS 'The version of now';
COMMENT ON COLUMN dim_product.record_hash IS 'Digest of the tracked columns';

CREATE TABLE revenue_by_tenant_monthly (
  tenant_id uuid NOT NULL,
  month date NOT NULL CHECK (month = date_trunc('month', month)),
  order_count bigint NOT NULL,
  total_revenue numeric(14,2) NOT NULL,
  avg_order_value numeric(14,2),
  unique_customers bigint NOT NULL,
  PRIMARY KEY (tenant_id, month),
  CHECK (unique_customers <= order_count)
);
COMMENT ON TABLE revenue_by_tenant_monthly IS 'Completed orders by tenant and month of the order; every tenant has every month of the shop';
COMMENT ON COLUMN revenue_by_tenant_monthly.tenant_id IS 'core_tenant.id';
COMMENT ON COLUMN revenue_by_tenant_monthly.month IS 'First day of the month, UTC';
COMMENT ON COLUMN revenue_by_tenant_monthly.order_count IS 'Completed orders';
COMMENT ON COLUMN revenue_by_tenant_monthly.total_revenue IS 'Sum of their totals';
COMMENT ON COLUMN revenue_by_tenant_monthly.avg_order_value IS 'Revenue per order; null without orders';
COMMENT ON COLUMN revenue_by_tenant_monthly.unique_customers IS 'Distinct customers among them';

CREATE TABLE revenue_by_tenant_total (
  tenant_id uuid PRIMARY KEY,
  order_count bigint NOT NULL,
  total_revenue numeric(14,2) NOT NULL,
  avg_order_value numeric(14,2),
  total_customers bigint NOT NULL,
  revenue_per_customer numeric(14,2)
);
COMMENT ON TABLE revenue_by_tenant_total IS 'Completed orders by tenant';
COMMENT ON COLUMN revenue_by_tenant_total.tenant_id IS 'core_tenant.id';
COMMENT ON COLUMN revenue_by_tenant_total.order_count IS 'Completed orders';
COMMENT ON COLUMN revenue_by_tenant_total.total_revenue IS 'Sum of their totals';
COMMENT ON COLUMN revenue_by_tenant_total.avg_order_value IS 'Revenue per order; null without orders';
COMMENT ON COLUMN revenue_by_tenant_total.total_customers IS 'All customers of the tenant, with or without an order';
COMMENT ON COLUMN revenue_by_tenant_total.revenue_per_customer IS 'Revenue per customer of the tenant; null without customers';

CREATE TABLE customer_ltv (
  customer_id uuid PRIMARY KEY,
  tenant_id uuid NOT NULL,
  total_orders bigint NOT NULL,
  lifetime_value numeric(14,2) NOT NULL,
  avg_order_value numeric(14,2),
  first_order_date timestamptz,
  last_order_date timestamptz,
  customer_age_days integer
);
CREATE INDEX customer_ltv_tenant ON customer_ltv (tenant_id, lifetime_value DESC);
COMMENT ON TABLE customer_ltv IS 'Lifetime value: one row per customer, over completed orders';
COMMENT ON COLUMN customer_ltv.customer_id IS 'core_customer.id';
COMMENT ON COLUMN customer_ltv.tenant_id IS 'core_tenant.id';
COMMENT ON COLUMN customer_ltv.total_orders IS 'Completed orders';
COMMENT ON COLUMN customer_ltv.lifetime_value IS 'Sum of their totals';
COMMENT ON COLUMN customer_ltv.avg_order_value IS 'Value per order; null without orders';
COMMENT ON COLUMN customer_ltv.first_order_date IS 'Null without orders';
COMMENT ON COLUMN customer_ltv.last_order_date IS 'Null without orders';
COMMENT ON COLUMN customer_ltv.customer_age_days IS 'Days from the first to the last of them';

CREATE TABLE customer_acquisition (
  tenant_id uuid NOT NULL,
  month date NOT NULL CHECK (month = date_trunc('month', month)),
  new_customers bigint NOT NULL,
  PRIMARY KEY (tenant_id, month)
);
COMMENT ON TABLE customer_acquisition IS 'New customers by tenant and month of registration';
COMMENT ON COLUMN customer_acquisition.tenant_id IS 'core_tenant.id';
COMMENT ON COLUMN customer_acquisition.month IS 'First day of the month, UTC';
COMMENT ON COLUMN customer_acquisition.new_customers IS 'Customers registered in it who still are customers';

CREATE TABLE active_subscriptions (
  tenant_id uuid PRIMARY KEY,
  active_subscriptions bigint NOT NULL,
  monthly_recurring_revenue numeric(14,2) NOT NULL
);
COMMENT ON TABLE active_subscriptions IS 'Active subscriptions by tenant';
COMMENT ON COLUMN active_subscriptions.tenant_id IS 'core_tenant.id';
COMMENT ON COLUMN active_subscriptions.active_subscriptions IS 'Subscriptions with status active; trials are not among them';
COMMENT ON COLUMN active_subscriptions.monthly_recurring_revenue IS 'Sum of their monthly amounts, yearly ones included';

CREATE TABLE mrr_bridge (
  tenant_id uuid NOT NULL,
  month date NOT NULL CHECK (month = date_trunc('month', month)),
  opening_mrr numeric(14,2) NOT NULL,
  new_mrr numeric(14,2) NOT NULL CHECK (new_mrr >= 0),
  reactivation_mrr numeric(14,2) NOT NULL CHECK (reactivation_mrr >= 0),
  expansion_mrr numeric(14,2) NOT NULL CHECK (expansion_mrr >= 0),
  contraction_mrr numeric(14,2) NOT NULL CHECK (contraction_mrr >= 0),
  churn_mrr numeric(14,2) NOT NULL CHECK (churn_mrr >= 0),
  closing_mrr numeric(14,2) NOT NULL,
  PRIMARY KEY (tenant_id, month),
  CHECK (closing_mrr = opening_mrr + new_mrr + reactivation_mrr + expansion_mrr - contraction_mrr - churn_mrr)
);
COMMENT ON TABLE mrr_bridge IS 'From one month''s recurring revenue to the next, by tenant: what each customer pays on the last day of a month against the last day of the month before';
COMMENT ON COLUMN mrr_bridge.tenant_id IS 'core_tenant.id';
COMMENT ON COLUMN mrr_bridge.month IS 'First day of the month; the newest one ends at the newest data';
COMMENT ON COLUMN mrr_bridge.opening_mrr IS 'What was paid at the end of the month before';
COMMENT ON COLUMN mrr_bridge.new_mrr IS 'Of customers who never paid before';
COMMENT ON COLUMN mrr_bridge.reactivation_mrr IS 'Of customers who had paid, then nothing, and pay again';
COMMENT ON COLUMN mrr_bridge.expansion_mrr IS 'What customers pay more than before';
COMMENT ON COLUMN mrr_bridge.contraction_mrr IS 'What customers pay less than before, without leaving; a positive number';
COMMENT ON COLUMN mrr_bridge.churn_mrr IS 'What customers paid who pay nothing any more; a positive number';
COMMENT ON COLUMN mrr_bridge.closing_mrr IS 'opening + new + reactivation + expansion − contraction − churn';

CREATE TABLE product_performance (
  product_id uuid PRIMARY KEY,
  tenant_id uuid NOT NULL,
  product_name text NOT NULL,
  category text NOT NULL,
  times_ordered bigint NOT NULL,
  total_quantity_sold bigint NOT NULL,
  total_revenue numeric(14,2) NOT NULL,
  avg_selling_price numeric(12,2)
);
CREATE INDEX product_performance_tenant ON product_performance (tenant_id, total_revenue DESC);
COMMENT ON TABLE product_performance IS 'Products in completed orders; one row per product, sold or not';
COMMENT ON COLUMN product_performance.product_id IS 'core_product.id';
COMMENT ON COLUMN product_performance.tenant_id IS 'core_tenant.id';
COMMENT ON COLUMN product_performance.product_name IS 'Name of now';
COMMENT ON COLUMN product_performance.category IS 'Category of now';
COMMENT ON COLUMN product_performance.times_ordered IS 'Completed orders that have it';
COMMENT ON COLUMN product_performance.total_quantity_sold IS 'Pieces';
COMMENT ON COLUMN product_performance.total_revenue IS 'Sum of the lines, discounts taken off';
COMMENT ON COLUMN product_performance.avg_selling_price IS 'Revenue per piece; null when none was sold';

CREATE TABLE event_funnel (
  tenant_id uuid NOT NULL,
  event_type text NOT NULL,
  event_count bigint NOT NULL,
  session_count bigint NOT NULL,
  PRIMARY KEY (tenant_id, event_type),
  CHECK (session_count <= event_count)
);
COMMENT ON TABLE event_funnel IS 'How many sessions did what, by tenant: sessions are counted once, however often they did it';
COMMENT ON COLUMN event_funnel.tenant_id IS 'core_tenant.id';
COMMENT ON COLUMN event_funnel.event_type IS 'The step';
COMMENT ON COLUMN event_funnel.event_count IS 'Events';
COMMENT ON COLUMN event_funnel.session_count IS 'Distinct sessions';

CREATE TABLE tenant_summary (
  tenant_id uuid PRIMARY KEY,
  tenant_name text NOT NULL,
  plan_type text,
  is_active boolean NOT NULL,
  customers bigint NOT NULL,
  active_customers bigint NOT NULL,
  buying_customers bigint NOT NULL,
  products bigint NOT NULL,
  orders bigint NOT NULL,
  completed_orders bigint NOT NULL,
  total_revenue numeric(14,2) NOT NULL,
  avg_order_value numeric(14,2),
  sessions bigint NOT NULL,
  purchase_sessions bigint NOT NULL,
  active_subscriptions bigint NOT NULL,
  monthly_recurring_revenue numeric(14,2) NOT NULL,
  last_order_date timestamptz
);
COMMENT ON TABLE tenant_summary IS 'One row per tenant: its size and its business';
COMMENT ON COLUMN tenant_summary.tenant_id IS 'core_tenant.id';
COMMENT ON COLUMN tenant_summary.tenant_name IS 'Name';
COMMENT ON COLUMN tenant_summary.plan_type IS 'enterprise, professional or starter';
COMMENT ON COLUMN tenant_summary.is_active IS 'False: switched off';
COMMENT ON COLUMN tenant_summary.customers IS 'Customers';
COMMENT ON COLUMN tenant_summary.active_customers IS 'Of them, with an open account';
COMMENT ON COLUMN tenant_summary.buying_customers IS 'Of them, with a completed order';
COMMENT ON COLUMN tenant_summary.products IS 'Products';
COMMENT ON COLUMN tenant_summary.orders IS 'Orders of any status';
COMMENT ON COLUMN tenant_summary.completed_orders IS 'Completed orders';
COMMENT ON COLUMN tenant_summary.total_revenue IS 'Sum of the totals of completed orders';
COMMENT ON COLUMN tenant_summary.avg_order_value IS 'Revenue per completed order; null without any';
COMMENT ON COLUMN tenant_summary.sessions IS 'Visits that saw a page';
COMMENT ON COLUMN tenant_summary.purchase_sessions IS 'Visits with a purchase';
COMMENT ON COLUMN tenant_summary.active_subscriptions IS 'Subscriptions with status active';
COMMENT ON COLUMN tenant_summary.monthly_recurring_revenue IS 'Sum of their monthly amounts';
COMMENT ON COLUMN tenant_summary.last_order_date IS 'Newest order of any status; null without any';
