-- The shop's own database: eight tables of a shop with many tenants. Rules that the original left to its forms stand here as
-- constraints. What is published is exactly these tables, so nothing of anybody else's reaches the warehouse.

CREATE TABLE core_tenant (
  id uuid PRIMARY KEY,
  name varchar(255) NOT NULL UNIQUE,
  slug varchar(100) NOT NULL UNIQUE,
  domain varchar(255),
  is_active boolean NOT NULL DEFAULT true,
  settings jsonb NOT NULL DEFAULT '{}',
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  CHECK (settings ->> 'plan_type' IN ('enterprise', 'professional', 'starter'))
);

CREATE TABLE core_customer (
  id uuid PRIMARY KEY,
  tenant_id uuid NOT NULL REFERENCES core_tenant ON DELETE CASCADE,
  email varchar(254) NOT NULL,
  first_name varchar(100) NOT NULL,
  last_name varchar(100) NOT NULL,
  phone varchar(50),
  is_active boolean NOT NULL DEFAULT true,
  metadata jsonb NOT NULL DEFAULT '{}',
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  UNIQUE (tenant_id, email),
  CHECK (updated_at >= created_at)
);
CREATE INDEX core_customer_tenant_created ON core_customer (tenant_id, created_at);

CREATE TABLE core_product (
  id uuid PRIMARY KEY,
  tenant_id uuid NOT NULL REFERENCES core_tenant ON DELETE CASCADE,
  sku varchar(100) NOT NULL,
  name varchar(255) NOT NULL,
  description text NOT NULL DEFAULT '',
  category varchar(100) NOT NULL,
  price numeric(10,2) NOT NULL CHECK (price >= 0.01),
  cost numeric(10,2) NOT NULL CHECK (cost >= 0),
  stock_quantity integer NOT NULL DEFAULT 0 CHECK (stock_quantity >= 0),
  is_active boolean NOT NULL DEFAULT true,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  UNIQUE (tenant_id, sku),
  CHECK (updated_at >= created_at)
);
CREATE INDEX core_product_tenant_category ON core_product (tenant_id, category);
CREATE INDEX core_product_tenant_created ON core_product (tenant_id, created_at);
CREATE INDEX core_product_sku ON core_product (sku);

CREATE TABLE core_order (
  id uuid PRIMARY KEY,
  tenant_id uuid NOT NULL REFERENCES core_tenant ON DELETE CASCADE,
  customer_id uuid NOT NULL REFERENCES core_customer ON DELETE CASCADE,
  order_number varchar(50) NOT NULL UNIQUE,
  status varchar(20) NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'processing', 'completed', 'cancelled')),
  subtotal numeric(10,2) NOT NULL CHECK (subtotal >= 0),
  tax numeric(10,2) NOT NULL DEFAULT 0 CHECK (tax >= 0),
  shipping numeric(10,2) NOT NULL DEFAULT 0 CHECK (shipping >= 0),
  total numeric(10,2) NOT NULL CHECK (total >= 0),
  order_date timestamptz NOT NULL,
  completed_at timestamptz,
  metadata jsonb NOT NULL DEFAULT '{}',
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  CHECK (total = subtotal + tax + shipping),
  CHECK (completed_at >= order_date),
  CHECK ((status = 'completed') = (completed_at IS NOT NULL))
);
CREATE INDEX core_order_tenant_date ON core_order (tenant_id, order_date);
CREATE INDEX core_order_tenant_status ON core_order (tenant_id, status);
CREATE INDEX core_order_customer_date ON core_order (customer_id, order_date);

CREATE TABLE core_orderitem (
  id uuid PRIMARY KEY,
  order_id uuid NOT NULL REFERENCES core_order ON DELETE CASCADE,
  product_id uuid NOT NULL REFERENCES core_product ON DELETE CASCADE,
  quantity integer NOT NULL CHECK (quantity >= 1),
  unit_price numeric(10,2) NOT NULL CHECK (unit_price >= 0),
  discount numeric(10,2) NOT NULL DEFAULT 0 CHECK (discount >= 0),
  total numeric(10,2) NOT NULL CHECK (total >= 0),
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  UNIQUE (order_id, product_id),
  CHECK (total = quantity * unit_price - discount)
);
CREATE INDEX core_orderitem_product ON core_orderitem (product_id);

CREATE TABLE core_event (
  id uuid PRIMARY KEY,
  tenant_id uuid NOT NULL REFERENCES core_tenant ON DELETE CASCADE,
  customer_id uuid REFERENCES core_customer ON DELETE SET NULL,
  event_type varchar(50) NOT NULL CHECK (event_type IN
    ('page_view', 'product_view', 'search', 'add_to_cart', 'remove_from_cart', 'checkout', 'purchase', 'click')),
  event_data jsonb NOT NULL DEFAULT '{}',
  session_id varchar(100) NOT NULL,
  ip_address inet,
  user_agent text NOT NULL DEFAULT '',
  created_at timestamptz NOT NULL
);
CREATE INDEX core_event_tenant_created ON core_event (tenant_id, created_at);
CREATE INDEX core_event_tenant_type ON core_event (tenant_id, event_type);
CREATE INDEX core_event_session_created ON core_event (session_id, created_at);
CREATE INDEX core_event_customer_created ON core_event (customer_id, created_at);

CREATE TABLE core_subscription (
  id uuid PRIMARY KEY,
  tenant_id uuid NOT NULL REFERENCES core_tenant ON DELETE CASCADE,
  customer_id uuid NOT NULL REFERENCES core_customer ON DELETE CASCADE,
  plan_name varchar(100) NOT NULL,
  status varchar(20) NOT NULL DEFAULT 'active' CHECK (status IN ('trial', 'active', 'cancelled', 'expired')),
  start_date date NOT NULL,
  end_date date,
  monthly_amount numeric(10,2) NOT NULL CHECK (monthly_amount >= 0),
  billing_cycle varchar(20) NOT NULL DEFAULT 'monthly' CHECK (billing_cycle IN ('monthly', 'yearly')),
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  CHECK (end_date >= start_date)
);
CREATE INDEX core_subscription_tenant_status ON core_subscription (tenant_id, status);
CREATE INDEX core_subscription_tenant_start ON core_subscription (tenant_id, start_date);
CREATE INDEX core_subscription_customer_status ON core_subscription (customer_id, status);

CREATE TABLE core_invoice (
  id uuid PRIMARY KEY,
  tenant_id uuid NOT NULL REFERENCES core_tenant ON DELETE CASCADE,
  customer_id uuid NOT NULL REFERENCES core_customer ON DELETE CASCADE,
  subscription_id uuid REFERENCES core_subscription ON DELETE SET NULL,
  invoice_number varchar(50) NOT NULL UNIQUE,
  amount numeric(10,2) NOT NULL CHECK (amount >= 0),
  status varchar(20) NOT NULL DEFAULT 'draft' CHECK (status IN ('draft', 'sent', 'paid', 'overdue', 'cancelled')),
  issue_date date NOT NULL,
  due_date date NOT NULL,
  paid_date date,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  CHECK (due_date >= issue_date),
  CHECK (paid_date >= issue_date),
  CHECK ((status = 'paid') = (paid_date IS NOT NULL))
);
CREATE INDEX core_invoice_tenant_status ON core_invoice (tenant_id, status);
CREATE INDEX core_invoice_tenant_issued ON core_invoice (tenant_id, issue_date);
CREATE INDEX core_invoice_customer_status ON core_invoice (customer_id, status);
CREATE INDEX core_invoice_subscription ON core_invoice (subscription_id);

CREATE PUBLICATION dms_publication FOR TABLE
  core_tenant, core_customer, core_product, core_order, core_orderitem, core_event, core_subscription, core_invoice;
