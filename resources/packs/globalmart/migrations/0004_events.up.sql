-- What is brought over from the shop's database. Rows get numbers in the order in which they arrive here, over all tables,
-- so that a job can ask for what is new of several of them with one watermark.

CREATE SEQUENCE imported.landed_ids;
-- Whoever may write the tables may number their rows; who may not reach the schema cannot use it.
GRANT USAGE ON SEQUENCE imported.landed_ids TO PUBLIC;
COMMENT ON SEQUENCE imported.landed_ids IS 'Numbers of rows from the shop''s database, in the order in which they arrived';

CREATE TABLE imported.transaction_lines (
  line_item_id bigint PRIMARY KEY,
  transaction_id text NOT NULL,
  session_id text,
  user_id text NOT NULL,
  transaction_timestamp timestamptz NOT NULL,
  product_id text NOT NULL,
  product_name text NOT NULL,
  category text NOT NULL,
  quantity numeric NOT NULL,
  unit_price numeric NOT NULL,
  payment_method text NOT NULL,
  country text NOT NULL,
  created_at timestamptz NOT NULL,
  landed_id bigint NOT NULL DEFAULT nextval('imported.landed_ids')
);
CREATE INDEX transaction_lines_by_arrival ON imported.transaction_lines USING brin (landed_id);
COMMENT ON TABLE imported.transaction_lines IS 'Lines of purchases as the shop''s database has them; from here they go to order_lines';
COMMENT ON COLUMN imported.transaction_lines.line_item_id IS 'Natural key: the line at the source';
COMMENT ON COLUMN imported.transaction_lines.transaction_id IS 'The purchase';
COMMENT ON COLUMN imported.transaction_lines.session_id IS 'The session whose cart was paid; null for a purchase without a cart';
COMMENT ON COLUMN imported.transaction_lines.user_id IS 'The customer';
COMMENT ON COLUMN imported.transaction_lines.transaction_timestamp IS 'When it happened';
COMMENT ON COLUMN imported.transaction_lines.product_id IS 'The product';
COMMENT ON COLUMN imported.transaction_lines.product_name IS 'Its name then';
COMMENT ON COLUMN imported.transaction_lines.category IS 'Its category then';
COMMENT ON COLUMN imported.transaction_lines.quantity IS 'Pieces';
COMMENT ON COLUMN imported.transaction_lines.unit_price IS 'Price of one piece';
COMMENT ON COLUMN imported.transaction_lines.payment_method IS 'Credit Card, Debit Card, PayPal, Apple Pay or Google Pay';
COMMENT ON COLUMN imported.transaction_lines.country IS 'Where the customer was';
COMMENT ON COLUMN imported.transaction_lines.created_at IS 'When the source wrote the row: the watermark, since late events are written late';
COMMENT ON COLUMN imported.transaction_lines.landed_id IS 'Number of its arrival here';

CREATE TABLE imported.cart_events (
  event_id text PRIMARY KEY,
  session_id text NOT NULL,
  user_id text NOT NULL,
  event_type text NOT NULL,
  event_timestamp timestamptz NOT NULL,
  product_id text,
  quantity integer NOT NULL,
  unit_price numeric(14,4) NOT NULL,
  country text NOT NULL,
  created_at timestamptz NOT NULL,
  landed_id bigint NOT NULL DEFAULT nextval('imported.landed_ids')
);
CREATE INDEX cart_events_by_arrival ON imported.cart_events USING brin (landed_id);
CREATE INDEX cart_events_by_session ON imported.cart_events (session_id);
CREATE INDEX cart_events_by_time ON imported.cart_events (event_timestamp);
COMMENT ON TABLE imported.cart_events IS 'What people did with their carts, as the shop''s database has it';
COMMENT ON COLUMN imported.cart_events.event_id IS 'Natural key';
COMMENT ON COLUMN imported.cart_events.session_id IS 'The session that the cart belongs to';
COMMENT ON COLUMN imported.cart_events.user_id IS 'Whose cart it is';
COMMENT ON COLUMN imported.cart_events.event_type IS 'add_to_cart, remove_from_cart or checkout';
COMMENT ON COLUMN imported.cart_events.event_timestamp IS 'When it happened';
COMMENT ON COLUMN imported.cart_events.product_id IS 'The product; null for a checkout, which is of the whole cart';
COMMENT ON COLUMN imported.cart_events.quantity IS 'Pieces put in or taken out';
COMMENT ON COLUMN imported.cart_events.unit_price IS 'Price of one piece; 0 for a checkout';
COMMENT ON COLUMN imported.cart_events.country IS 'Where the user was';
COMMENT ON COLUMN imported.cart_events.created_at IS 'When the source wrote the row: the watermark';
COMMENT ON COLUMN imported.cart_events.landed_id IS 'Number of its arrival here';

CREATE TABLE imported.product_view_events (
  event_id text PRIMARY KEY,
  session_id text NOT NULL,
  user_id text NOT NULL,
  event_type text NOT NULL,
  event_timestamp timestamptz NOT NULL,
  product_id text NOT NULL,
  product_name text NOT NULL,
  category text NOT NULL,
  product_price numeric(14,4) NOT NULL,
  view_duration integer,
  search_query text,
  view_source text,
  device_type text,
  country text NOT NULL,
  created_at timestamptz NOT NULL,
  landed_id bigint NOT NULL DEFAULT nextval('imported.landed_ids')
);
CREATE INDEX product_view_events_by_arrival ON imported.product_view_events USING brin (landed_id);
CREATE INDEX product_view_events_by_session ON imported.product_view_events (session_id);
CREATE INDEX product_view_events_by_time ON imported.product_view_events (event_timestamp);
COMMENT ON TABLE imported.product_view_events IS 'Products looked at, as the shop''s database has it';
COMMENT ON COLUMN imported.product_view_events.event_id IS 'Natural key';
COMMENT ON COLUMN imported.product_view_events.session_id IS 'The visit';
COMMENT ON COLUMN imported.product_view_events.user_id IS 'Who looked';
COMMENT ON COLUMN imported.product_view_events.event_type IS 'view, or search where the product was opened from search results';
COMMENT ON COLUMN imported.product_view_events.event_timestamp IS 'When it happened';
COMMENT ON COLUMN imported.product_view_events.product_id IS 'The product';
COMMENT ON COLUMN imported.product_view_events.product_name IS 'Its name then';
COMMENT ON COLUMN imported.product_view_events.category IS 'Its category then';
COMMENT ON COLUMN imported.product_view_events.product_price IS 'Its price then';
COMMENT ON COLUMN imported.product_view_events.view_duration IS 'Seconds';
COMMENT ON COLUMN imported.product_view_events.search_query IS 'What was searched for; null for a plain view';
COMMENT ON COLUMN imported.product_view_events.view_source IS 'web or app';
COMMENT ON COLUMN imported.product_view_events.device_type IS 'desktop, mobile or tablet';
COMMENT ON COLUMN imported.product_view_events.country IS 'Where the user was';
COMMENT ON COLUMN imported.product_view_events.created_at IS 'When the source wrote the row: the watermark';
COMMENT ON COLUMN imported.product_view_events.landed_id IS 'Number of its arrival here';

ALTER TABLE imported.order_lines ADD COLUMN payment_method text, ADD COLUMN line_item_id bigint;
-- Imported lines are not in it, so that it costs an import nothing.
CREATE UNIQUE INDEX order_lines_by_line_item ON imported.order_lines (line_item_id) WHERE line_item_id IS NOT NULL;
COMMENT ON COLUMN imported.order_lines.payment_method IS 'Null for an imported line';
COMMENT ON COLUMN imported.order_lines.line_item_id IS 'The line in the shop''s database; null for an imported one';

CREATE VIEW imported.event_times AS
  SELECT ordered_at AS happened_at FROM imported.order_lines
  UNION ALL SELECT event_timestamp FROM imported.cart_events
  UNION ALL SELECT event_timestamp FROM imported.product_view_events;
COMMENT ON VIEW imported.event_times IS 'When anything happened: the calendar covers these years';
COMMENT ON COLUMN imported.event_times.happened_at IS 'Time of an order line, a cart event or a view';
