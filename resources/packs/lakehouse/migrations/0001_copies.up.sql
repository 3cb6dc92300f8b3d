-- The eight tables of the shop as they are now, kept equal by their changes. Each is read by a job of its own, one after the
-- other, while the shop goes on; so an order may be here a moment before its customer is, and foreign keys between the copies
-- would refuse what is right at the shop. Their rules about single rows are the shop's own.

CREATE TABLE core_tenant (
  id uuid PRIMARY KEY,
  name text NOT NULL,
  slug text NOT NULL,
  domain text,
  is_active boolean NOT NULL,
  settings jsonb NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL
);
COMMENT ON TABLE core_tenant IS 'Tenants of the shop, one row each';
COMMENT ON COLUMN core_tenant.id IS 'Key';
COMMENT ON COLUMN core_tenant.name IS 'Name of the company';
COMMENT ON COLUMN core_tenant.slug IS 'Name in addresses';
COMMENT ON COLUMN core_tenant.domain IS 'Address of its shop';
COMMENT ON COLUMN core_tenant.is_active IS 'False: switched off';
COMMENT ON COLUMN core_tenant.settings IS 'plan_type, max_users (accounts of its own staff), features';
COMMENT ON COLUMN core_tenant.created_at IS 'When it was made at the source';
COMMENT ON COLUMN core_tenant.updated_at IS 'When it last changed at the source';

CREATE TABLE core_customer (
  id uuid PRIMARY KEY,
  tenant_id uuid NOT NULL,
  email text NOT NULL,
  first_name text NOT NULL,
  last_name text NOT NULL,
  phone text,
  is_active boolean NOT NULL,
  metadata jsonb NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL
);
CREATE INDEX core_customer_tenant_created ON core_customer (tenant_id, created_at);
COMMENT ON TABLE core_customer IS 'Customers of the tenants, one row each';
COMMENT ON COLUMN core_customer.id IS 'Key';
COMMENT ON COLUMN core_customer.tenant_id IS 'Whose customer: core_tenant.id';
COMMENT ON COLUMN core_customer.email IS 'Unique within the tenant';
COMMENT ON COLUMN core_customer.first_name IS 'First name';
COMMENT ON COLUMN core_customer.last_name IS 'Last name';
COMMENT ON COLUMN core_customer.phone IS 'As it was typed; null when none is known';
COMMENT ON COLUMN core_customer.is_active IS 'False: closed the account';
COMMENT ON COLUMN core_customer.metadata IS 'age, country (two letters), signup_source, preferences';
COMMENT ON COLUMN core_customer.created_at IS 'When the customer registered';
COMMENT ON COLUMN core_customer.updated_at IS 'When the row last changed at the source';

CREATE TABLE core_product (
  id uuid PRIMARY KEY,
  tenant_id uuid NOT NULL,
  sku text NOT NULL,
  name text NOT NULL,
  description text NOT NULL,
  category text NOT NULL,
  price numeric(10,2) NOT NULL CHECK (price >= 0.01),
  cost numeric(10,2) NOT NULL CHECK (cost >= 0),
  stock_quantity integer NOT NULL CHECK (stock_quantity >= 0),
  is_active boolean NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL
);
CREATE INDEX core_product_tenant_category ON core_product (tenant_id, category);
COMMENT ON TABLE core_product IS 'Products of the tenants, one row each, with the price of now';
COMMENT ON COLUMN core_product.id IS 'Key';
COMMENT ON COLUMN core_product.tenant_id IS 'Who sells it: core_tenant.id';
COMMENT ON COLUMN core_product.sku IS 'Stock keeping unit, unique within the tenant';
COMMENT ON COLUMN core_product.name IS 'Name';
COMMENT ON COLUMN core_product.description IS 'A sentence about it';
COMMENT ON COLUMN core_product.category IS 'Electronics, Clothing, Home, Books or Sports';
COMMENT ON COLUMN core_product.price IS 'Price of now; what was paid stands in core_orderitem.unit_price';
COMMENT ON COLUMN core_product.cost IS 'What one costs the tenant';
COMMENT ON COLUMN core_product.stock_quantity IS 'Pieces on stock now';
COMMENT ON COLUMN core_product.is_active IS 'False: not sold any more';
COMMENT ON COLUMN core_product.created_at IS 'When it was made at the source';
COMMENT ON COLUMN core_product.updated_at IS 'When it last changed at the source';

CREATE TABLE core_order (
  id uuid PRIMARY KEY,
  tenant_id uuid NOT NULL,
  customer_id uuid NOT NULL,
  order_number text NOT NULL,
  status text NOT NULL CHECK (status IN ('pending', 'processing', 'completed', 'cancelled')),
  subtotal numeric(10,2) NOT NULL CHECK (subtotal >= 0),
  tax numeric(10,2) NOT NULL CHECK (tax >= 0),
  shipping numeric(10,2) NOT NULL CHECK (shipping >= 0),
  total numeric(10,2) NOT NULL CHECK (total >= 0),
  order_date timestamptz NOT NULL,
  completed_at timestamptz,
  metadata jsonb NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL
);
CREATE INDEX core_order_tenant_date ON core_order (tenant_id, order_date);
CREATE INDEX core_order_customer_date ON core_order (customer_id, order_date);
COMMENT ON TABLE core_order IS 'Orders, one row each, in their present state';
COMMENT ON COLUMN core_order.id IS 'Key';
COMMENT ON COLUMN core_order.tenant_id IS 'Whose order: core_tenant.id';
COMMENT ON COLUMN core_order.customer_id IS 'Who ordered: core_customer.id';
COMMENT ON COLUMN core_order.order_number IS 'Number for people, unique over all tenants';
COMMENT ON COLUMN core_order.status IS 'pending, processing, completed or cancelled; only completed ones are revenue';
COMMENT ON COLUMN core_order.subtotal IS 'Sum of the items';
COMMENT ON COLUMN core_order.tax IS '8 % of the subtotal';
COMMENT ON COLUMN core_order.shipping IS 'Shipping';
COMMENT ON COLUMN core_order.total IS 'subtotal + tax + shipping';
COMMENT ON COLUMN core_order.order_date IS 'When it was placed';
COMMENT ON COLUMN core_order.completed_at IS 'When it was completed; null unless it was';
COMMENT ON COLUMN core_order.metadata IS 'payment_method, shipping_address';
COMMENT ON COLUMN core_order.created_at IS 'When it was made at the source';
COMMENT ON COLUMN core_order.updated_at IS 'When it last changed at the source';

CREATE TABLE core_orderitem (
  id uuid PRIMARY KEY,
  order_id uuid NOT NULL,
  product_id uuid NOT NULL,
  quantity integer NOT NULL CHECK (quantity >= 1),
  unit_price numeric(10,2) NOT NULL CHECK (unit_price >= 0),
  discount numeric(10,2) NOT NULL CHECK (discount >= 0),
  total numeric(10,2) NOT NULL CHECK (total >= 0),
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL
);
CREATE INDEX core_orderitem_order ON core_orderitem (order_id);
CREATE INDEX core_orderitem_product ON core_orderitem (product_id);
COMMENT ON TABLE core_orderitem IS 'Lines of the orders, one row per order and product; the tenant is the order''s';
COMMENT ON COLUMN core_orderitem.id IS 'Key';
COMMENT ON COLUMN core_orderitem.order_id IS 'Of which order: core_order.id';
COMMENT ON COLUMN core_orderitem.product_id IS 'What: core_product.id';
COMMENT ON COLUMN core_orderitem.quantity IS 'Pieces';
COMMENT ON COLUMN core_orderitem.unit_price IS 'Price of a piece when it was ordered';
COMMENT ON COLUMN core_orderitem.discount IS 'Amount taken off the line, not a percentage';
COMMENT ON COLUMN core_orderitem.total IS 'quantity × unit_price − discount, never below 0';
COMMENT ON COLUMN core_orderitem.created_at IS 'When it was made at the source';
COMMENT ON COLUMN core_orderitem.updated_at IS 'When it last changed at the source';

CREATE TABLE core_event (
  id uuid PRIMARY KEY,
  tenant_id uuid NOT NULL,
  customer_id uuid,
  event_type text NOT NULL CHECK (event_type IN
    ('page_view', 'product_view', 'search', 'add_to_cart', 'remove_from_cart', 'checkout', 'purchase', 'click')),
  event_data jsonb NOT NULL,
  session_id text NOT NULL,
  ip_address inet,
  user_agent text NOT NULL,
  created_at timestamptz NOT NULL
);
CREATE INDEX core_event_customer_created ON core_event (customer_id, created_at);
CREATE INDEX core_event_by_time ON core_event USING brin (created_at);
COMMENT ON TABLE core_event IS 'What visitors did, one row per step; all steps of a session are one person''s, or nobody known''s';
COMMENT ON COLUMN core_event.id IS 'Key';
COMMENT ON COLUMN core_event.tenant_id IS 'In whose shop: core_tenant.id';
COMMENT ON COLUMN core_event.customer_id IS 'Who: core_customer.id; null for a visitor who is not known';
COMMENT ON COLUMN core_event.event_type IS 'page_view, product_view, search, add_to_cart, remove_from_cart, checkout, purchase or click';
COMMENT ON COLUMN core_event.event_data IS 'url; product_id, search_term or order_id where the step has one';
COMMENT ON COLUMN core_event.session_id IS 'The visit';
COMMENT ON COLUMN core_event.ip_address IS 'Where from';
COMMENT ON COLUMN core_event.user_agent IS 'With which browser';
COMMENT ON COLUMN core_event.created_at IS 'When it happened';

CREATE TABLE core_subscription (
  id uuid PRIMARY KEY,
  tenant_id uuid NOT NULL,
  customer_id uuid NOT NULL,
  plan_name text NOT NULL,
  status text NOT NULL CHECK (status IN ('trial', 'active', 'cancelled', 'expired')),
  start_date date NOT NULL,
  end_date date,
  monthly_amount numeric(10,2) NOT NULL CHECK (monthly_amount >= 0),
  billing_cycle text NOT NULL CHECK (billing_cycle IN ('monthly', 'yearly')),
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL
);
CREATE INDEX core_subscription_customer_status ON core_subscription (customer_id, status);
COMMENT ON TABLE core_subscription IS 'Subscriptions, one row each; a change of plan ends one and begins another';
COMMENT ON COLUMN core_subscription.id IS 'Key';
COMMENT ON COLUMN core_subscription.tenant_id IS 'With whom: core_tenant.id';
COMMENT ON COLUMN core_subscription.customer_id IS 'Whose: core_customer.id';
COMMENT ON COLUMN core_subscription.plan_name IS 'Basic, Pro, Premium or Enterprise';
COMMENT ON COLUMN core_subscription.status IS 'trial, active, cancelled or expired; only active ones are recurring revenue';
COMMENT ON COLUMN core_subscription.start_date IS 'First day';
COMMENT ON COLUMN core_subscription.end_date IS 'First day that is not paid for any more; for trial and active the day until which it is agreed';
COMMENT ON COLUMN core_subscription.monthly_amount IS 'Amount per month, whatever the billing cycle';
COMMENT ON COLUMN core_subscription.billing_cycle IS 'monthly or yearly: for how long one binds oneself';
COMMENT ON COLUMN core_subscription.created_at IS 'When it was made at the source';
COMMENT ON COLUMN core_subscription.updated_at IS 'When it last changed at the source';

CREATE TABLE core_invoice (
  id uuid PRIMARY KEY,
  tenant_id uuid NOT NULL,
  customer_id uuid NOT NULL,
  subscription_id uuid,
  invoice_number text NOT NULL,
  amount numeric(10,2) NOT NULL CHECK (amount >= 0),
  status text NOT NULL CHECK (status IN ('draft', 'sent', 'paid', 'overdue', 'cancelled')),
  issue_date date NOT NULL,
  due_date date NOT NULL,
  paid_date date,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL
);
CREATE INDEX core_invoice_customer_status ON core_invoice (customer_id, status);
COMMENT ON TABLE core_invoice IS 'Invoices of the subscriptions, one row each';
COMMENT ON COLUMN core_invoice.id IS 'Key';
COMMENT ON COLUMN core_invoice.tenant_id IS 'From whom: core_tenant.id';
COMMENT ON COLUMN core_invoice.customer_id IS 'To whom: core_customer.id';
COMMENT ON COLUMN core_invoice.subscription_id IS 'For what: core_subscription.id; null when that was deleted';
COMMENT ON COLUMN core_invoice.invoice_number IS 'Number for people, unique over all tenants';
COMMENT ON COLUMN core_invoice.amount IS 'One month of the subscription';
COMMENT ON COLUMN core_invoice.status IS 'draft, sent, paid, overdue or cancelled';
COMMENT ON COLUMN core_invoice.issue_date IS 'Day of the invoice';
COMMENT ON COLUMN core_invoice.due_date IS '30 days later';
COMMENT ON COLUMN core_invoice.paid_date IS 'Day of payment; null unless it was paid';
COMMENT ON COLUMN core_invoice.created_at IS 'When it was made at the source';
COMMENT ON COLUMN core_invoice.updated_at IS 'When it last changed at the source';
