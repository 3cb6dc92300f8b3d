-- The shop's operational database: events as they happen, and the windows that its stream processing keeps of them.
-- Windows are half-open [window_start, window_end), in UTC.

CREATE TABLE transactions (
  line_item_id bigint PRIMARY KEY,
  transaction_id text NOT NULL,
  session_id text,
  user_id text NOT NULL,
  transaction_timestamp timestamptz NOT NULL,
  product_id text NOT NULL,
  product_name text NOT NULL,
  category text NOT NULL,
  quantity integer NOT NULL CHECK (quantity > 0),
  unit_price numeric(12,2) NOT NULL CHECK (unit_price >= 0),
  payment_method text NOT NULL,
  country text NOT NULL,
  created_at timestamptz NOT NULL
);
CREATE INDEX transactions_by_time ON transactions (transaction_timestamp);
CREATE INDEX transactions_by_arrival ON transactions (created_at);
COMMENT ON TABLE transactions IS 'One row per line of a purchase; never changed once written';
COMMENT ON COLUMN transactions.line_item_id IS 'Key of the line';
COMMENT ON COLUMN transactions.session_id IS 'The session with the cart that was paid; null for a purchase without a cart';
COMMENT ON COLUMN transactions.transaction_timestamp IS 'When it happened';
COMMENT ON COLUMN transactions.created_at IS 'When the row was written: late events are written long after they happened';

CREATE TABLE cart_events (
  event_id text PRIMARY KEY,
  session_id text NOT NULL,
  user_id text NOT NULL,
  event_type text NOT NULL CHECK (event_type IN ('add_to_cart', 'remove_from_cart', 'checkout')),
  event_timestamp timestamptz NOT NULL,
  product_id text,
  quantity integer NOT NULL CHECK (quantity >= 0),
  unit_price numeric(12,2) NOT NULL CHECK (unit_price >= 0),
  country text NOT NULL,
  created_at timestamptz NOT NULL,
  CHECK (event_type = 'checkout' OR product_id IS NOT NULL)
);
CREATE INDEX cart_events_by_time ON cart_events (event_timestamp);
CREATE INDEX cart_events_by_arrival ON cart_events (created_at);
COMMENT ON TABLE cart_events IS 'What people do with their carts; never changed once written';
COMMENT ON COLUMN cart_events.product_id IS 'Null for a checkout, which is of the whole cart';
COMMENT ON COLUMN cart_events.created_at IS 'When the row was written';

CREATE TABLE product_view_events (
  event_id text PRIMARY KEY,
  session_id text NOT NULL,
  user_id text NOT NULL,
  event_type text NOT NULL CHECK (event_type IN ('view', 'search')),
  event_timestamp timestamptz NOT NULL,
  product_id text NOT NULL,
  product_name text NOT NULL,
  category text NOT NULL,
  product_price numeric(12,2) NOT NULL CHECK (product_price >= 0),
  view_duration integer CHECK (view_duration >= 0),
  search_query text,
  view_source text,
  device_type text,
  country text NOT NULL,
  created_at timestamptz NOT NULL
);
CREATE INDEX product_view_events_by_time ON product_view_events (event_timestamp);
CREATE INDEX product_view_events_by_arrival ON product_view_events (created_at);
COMMENT ON TABLE product_view_events IS 'Products looked at; never changed once written';
COMMENT ON COLUMN product_view_events.event_type IS 'search: the product was opened from the results of search_query';
COMMENT ON COLUMN product_view_events.view_duration IS 'Seconds';
COMMENT ON COLUMN product_view_events.created_at IS 'When the row was written';

CREATE TABLE stream_settings (name text PRIMARY KEY, value numeric NOT NULL);
COMMENT ON TABLE stream_settings IS 'How large the shop is that sends the events';

-- Sales

CREATE TABLE sales_per_minute (
  window_start timestamptz NOT NULL, window_end timestamptz NOT NULL,
  transaction_count bigint NOT NULL, items_sold bigint NOT NULL, total_revenue numeric(16,2) NOT NULL, avg_transaction_value numeric(16,2) NOT NULL,
  PRIMARY KEY (window_start, window_end)
);
COMMENT ON TABLE sales_per_minute IS 'Windows of 1 minute';

CREATE TABLE sales_by_country (
  window_start timestamptz NOT NULL, window_end timestamptz NOT NULL, country text NOT NULL,
  transaction_count bigint NOT NULL, total_revenue numeric(16,2) NOT NULL, avg_transaction_value numeric(16,2) NOT NULL,
  PRIMARY KEY (window_start, window_end, country)
);
COMMENT ON TABLE sales_by_country IS 'Windows of 1 minute';

-- Carts

CREATE TABLE cart_sessions (
  window_start timestamptz NOT NULL, window_end timestamptz NOT NULL, session_id text NOT NULL,
  user_id text NOT NULL, adds bigint NOT NULL, removes bigint NOT NULL, checkouts bigint NOT NULL, cart_value numeric(16,2) NOT NULL,
  PRIMARY KEY (window_start, window_end, session_id)
);
COMMENT ON TABLE cart_sessions IS 'Windows of 10 minutes';

CREATE TABLE abandoned_carts (
  window_start timestamptz NOT NULL, window_end timestamptz NOT NULL, session_id text NOT NULL,
  user_id text NOT NULL, adds bigint NOT NULL, cart_value numeric(16,2) NOT NULL, last_event_at timestamptz NOT NULL,
  PRIMARY KEY (window_start, window_end, session_id)
);
COMMENT ON TABLE abandoned_carts IS 'Windows of 30 minutes that begin every 10: something was added and nothing paid';

CREATE TABLE cart_metrics (
  window_start timestamptz NOT NULL, window_end timestamptz NOT NULL,
  sessions bigint NOT NULL, adds bigint NOT NULL, removes bigint NOT NULL, checkouts bigint NOT NULL, abandonment_rate numeric(7,2),
  PRIMARY KEY (window_start, window_end)
);
COMMENT ON TABLE cart_metrics IS 'Windows of 10 minutes';
COMMENT ON COLUMN cart_metrics.abandonment_rate IS '(adds - checkouts) / adds x 100; null where nothing was added, below 0 where carts of an earlier window were paid';

-- Browsing

CREATE TABLE trending_products (
  window_start timestamptz NOT NULL, window_end timestamptz NOT NULL, product_id text NOT NULL,
  product_name text NOT NULL, category text NOT NULL, view_count bigint NOT NULL, unique_viewers bigint NOT NULL, avg_price numeric(12,2) NOT NULL,
  PRIMARY KEY (window_start, window_end, product_id), CHECK (view_count >= 5)
);
COMMENT ON TABLE trending_products IS 'Windows of 10 minutes; products with at least 5 views';

CREATE TABLE category_performance (
  window_start timestamptz NOT NULL, window_end timestamptz NOT NULL, category text NOT NULL,
  view_count bigint NOT NULL, unique_viewers bigint NOT NULL, products_viewed bigint NOT NULL,
  PRIMARY KEY (window_start, window_end, category)
);
COMMENT ON TABLE category_performance IS 'Windows of 10 minutes';

CREATE TABLE search_behavior (
  window_start timestamptz NOT NULL, window_end timestamptz NOT NULL, search_query text NOT NULL,
  search_count bigint NOT NULL, unique_users bigint NOT NULL,
  PRIMARY KEY (window_start, window_end, search_query)
);
COMMENT ON TABLE search_behavior IS 'Windows of 10 minutes';

CREATE TABLE browsing_sessions (
  window_start timestamptz NOT NULL, window_end timestamptz NOT NULL, session_id text NOT NULL,
  user_id text NOT NULL, view_count bigint NOT NULL, products_viewed bigint NOT NULL, categories_viewed bigint NOT NULL, seconds_viewed bigint NOT NULL,
  PRIMARY KEY (window_start, window_end, session_id)
);
COMMENT ON TABLE browsing_sessions IS 'Windows of 10 minutes';

-- Anomalies

CREATE TABLE high_value_anomalies (
  transaction_id text PRIMARY KEY,
  user_id text NOT NULL, transaction_timestamp timestamptz NOT NULL, total_amount numeric(16,2) NOT NULL,
  severity text NOT NULL CHECK (severity IN ('medium', 'high', 'critical'))
);
COMMENT ON TABLE high_value_anomalies IS 'Transactions of at least 3,000 (medium), 6,500 (high) or 10,000 (critical)';

CREATE TABLE high_quantity_anomalies (
  transaction_id text PRIMARY KEY,
  user_id text NOT NULL, transaction_timestamp timestamptz NOT NULL, total_quantity bigint NOT NULL,
  severity text NOT NULL CHECK (severity IN ('medium', 'high', 'critical'))
);
COMMENT ON TABLE high_quantity_anomalies IS 'Transactions of at least 50 pieces (medium), 75 (high) or 100 (critical)';

CREATE TABLE suspicious_patterns (
  window_start timestamptz NOT NULL, window_end timestamptz NOT NULL, user_id text NOT NULL,
  transaction_count bigint NOT NULL, total_amount numeric(16,2) NOT NULL, severity text NOT NULL CHECK (severity = 'high'),
  PRIMARY KEY (window_start, window_end, user_id)
);
COMMENT ON TABLE suspicious_patterns IS 'Windows of 1 minute: two or more transactions of at least 1,000 by one user';

CREATE TABLE anomaly_stats (
  window_start timestamptz NOT NULL, window_end timestamptz NOT NULL, anomaly_type text NOT NULL,
  anomaly_count bigint NOT NULL, users bigint NOT NULL,
  PRIMARY KEY (window_start, window_end, anomaly_type)
);
COMMENT ON TABLE anomaly_stats IS 'Windows of 10 minutes over the three kinds of anomalies';

-- Stock

CREATE TABLE product_sales_velocity (
  window_start timestamptz NOT NULL, window_end timestamptz NOT NULL, product_id text NOT NULL,
  units_sold bigint NOT NULL, transaction_count bigint NOT NULL, revenue numeric(16,2) NOT NULL, units_per_minute numeric(12,2) NOT NULL,
  PRIMARY KEY (window_start, window_end, product_id)
);
COMMENT ON TABLE product_sales_velocity IS 'Windows of 5 minutes';

CREATE TABLE inventory_by_country (
  window_start timestamptz NOT NULL, window_end timestamptz NOT NULL, country text NOT NULL, product_id text NOT NULL,
  units_sold bigint NOT NULL,
  PRIMARY KEY (window_start, window_end, country, product_id)
);
COMMENT ON TABLE inventory_by_country IS 'Windows of 10 minutes: what left the stock, by country';

CREATE TABLE high_demand_alerts (
  window_start timestamptz NOT NULL, window_end timestamptz NOT NULL, product_id text NOT NULL,
  units_sold bigint NOT NULL, severity text NOT NULL CHECK (severity IN ('medium', 'high', 'critical')),
  PRIMARY KEY (window_start, window_end, product_id)
);
COMMENT ON TABLE high_demand_alerts IS 'Windows of 10 minutes: at least 20 pieces of a product (medium), 30 (high), 50 (critical)';

CREATE TABLE restock_alerts (
  window_start timestamptz NOT NULL, window_end timestamptz NOT NULL, product_id text NOT NULL,
  units_sold bigint NOT NULL, units_per_minute numeric(12,2) NOT NULL, severity text NOT NULL CHECK (severity IN ('low', 'medium', 'high')),
  PRIMARY KEY (window_start, window_end, product_id)
);
COMMENT ON TABLE restock_alerts IS 'Windows of 5 minutes: at least 1 piece a minute (low), 2 (medium), 3 (high)';

CREATE TABLE inventory_metrics (
  window_start timestamptz NOT NULL, window_end timestamptz NOT NULL,
  products_sold bigint NOT NULL, units_sold bigint NOT NULL, avg_units_per_product numeric(12,2) NOT NULL,
  PRIMARY KEY (window_start, window_end)
);
COMMENT ON TABLE inventory_metrics IS 'Windows of 10 minutes';
