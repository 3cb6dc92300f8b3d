-- The facts of carts and views, and what the customer's jobs write beside the columns that are there already.

ALTER TABLE fact_sales ADD COLUMN product_name text, ADD COLUMN category text, ADD COLUMN payment_method text;
COMMENT ON COLUMN fact_sales.product_name IS 'As the line has it; the product''s name then is in its version. Null for facts loaded before this column was there';
COMMENT ON COLUMN fact_sales.category IS 'As the line has it';
COMMENT ON COLUMN fact_sales.payment_method IS 'Null for an imported line';

ALTER TABLE dim_products ADD COLUMN subcategory text;
COMMENT ON COLUMN dim_products.subcategory IS 'Always null: no source of the customer has it';

CREATE TABLE fact_cart_events (
  cart_event_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  session_id text NOT NULL UNIQUE,
  event_id text NOT NULL UNIQUE,
  event_timestamp timestamptz NOT NULL,
  date_id integer NOT NULL REFERENCES dim_date,
  user_id text NOT NULL,
  customer_sk bigint REFERENCES dim_customers,
  geography_id integer REFERENCES dim_geography,
  event_type text NOT NULL CHECK (event_type IN ('cart_open', 'cart_checkout', 'cart_abandoned')),
  total_items integer NOT NULL,
  total_value numeric(16,4) NOT NULL,
  avg_item_value numeric(16,4) NOT NULL,
  is_abandoned boolean NOT NULL,
  abandonment_value numeric(16,4) NOT NULL,
  session_duration_minutes numeric(10,2) NOT NULL CHECK (session_duration_minutes >= 0),
  CHECK (is_abandoned = (event_type = 'cart_abandoned'))
);
CREATE INDEX fact_cart_events_by_customer ON fact_cart_events (user_id);
CREATE INDEX fact_cart_events_by_date ON fact_cart_events (date_id);
CREATE INDEX fact_cart_events_open ON fact_cart_events (session_id) WHERE event_type = 'cart_open';
COMMENT ON TABLE fact_cart_events IS 'One row per session with a cart: how it ended. A cart without any event for 30 minutes is abandoned';
COMMENT ON COLUMN fact_cart_events.cart_event_id IS 'Surrogate key';
COMMENT ON COLUMN fact_cart_events.session_id IS 'Natural key';
COMMENT ON COLUMN fact_cart_events.event_id IS 'The last event of the session';
COMMENT ON COLUMN fact_cart_events.event_timestamp IS 'Time of the last event';
COMMENT ON COLUMN fact_cart_events.date_id IS 'Its day, UTC';
COMMENT ON COLUMN fact_cart_events.user_id IS 'Whose cart it is';
COMMENT ON COLUMN fact_cart_events.customer_sk IS 'The version of the customer valid then; null for somebody who had not bought anything yet';
COMMENT ON COLUMN fact_cart_events.geography_id IS 'Where the user was';
COMMENT ON COLUMN fact_cart_events.event_type IS 'cart_checkout, cart_abandoned, or cart_open where neither is known yet';
COMMENT ON COLUMN fact_cart_events.total_items IS 'Pieces in the cart at its end';
COMMENT ON COLUMN fact_cart_events.total_value IS 'Their value';
COMMENT ON COLUMN fact_cart_events.avg_item_value IS 'total_value / total_items; 0 for an empty cart';
COMMENT ON COLUMN fact_cart_events.is_abandoned IS 'Something was added, nothing paid, and nothing happened for 30 minutes';
COMMENT ON COLUMN fact_cart_events.abandonment_value IS 'total_value of an abandoned cart, else 0';
COMMENT ON COLUMN fact_cart_events.session_duration_minutes IS 'From its first to its last event';

CREATE TABLE fact_product_views (
  view_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  event_id text NOT NULL UNIQUE,
  session_id text NOT NULL,
  event_type text NOT NULL,
  view_timestamp timestamptz NOT NULL,
  date_id integer NOT NULL REFERENCES dim_date,
  user_id text NOT NULL,
  customer_sk bigint REFERENCES dim_customers,
  geography_id integer REFERENCES dim_geography,
  product_id text NOT NULL,
  product_sk bigint REFERENCES dim_products,
  product_name text NOT NULL,
  category text NOT NULL,
  product_price numeric(14,4) NOT NULL,
  view_count integer NOT NULL CHECK (view_count > 0),
  view_duration integer,
  search_query text,
  click_through_rate numeric(6,4) NOT NULL CHECK (click_through_rate BETWEEN 0 AND 1),
  conversion_flag boolean NOT NULL,
  engagement_score numeric(12,4) NOT NULL,
  view_source text NOT NULL,
  device_type text NOT NULL
);
CREATE INDEX fact_product_views_by_customer ON fact_product_views (user_id);
CREATE INDEX fact_product_views_by_product ON fact_product_views (product_id);
CREATE INDEX fact_product_views_by_date ON fact_product_views (date_id);
COMMENT ON TABLE fact_product_views IS 'One row per view of a product; sums and means over them are the customer''s counts and rates';
COMMENT ON COLUMN fact_product_views.view_id IS 'Surrogate key';
COMMENT ON COLUMN fact_product_views.event_id IS 'Natural key: the event at the source';
COMMENT ON COLUMN fact_product_views.session_id IS 'The visit';
COMMENT ON COLUMN fact_product_views.event_type IS 'view, or search where the product was opened from search results';
COMMENT ON COLUMN fact_product_views.view_timestamp IS 'When it happened';
COMMENT ON COLUMN fact_product_views.date_id IS 'Its day, UTC';
COMMENT ON COLUMN fact_product_views.user_id IS 'Who looked';
COMMENT ON COLUMN fact_product_views.customer_sk IS 'The version of the customer valid then; null for somebody who had not bought anything yet';
COMMENT ON COLUMN fact_product_views.geography_id IS 'Where the user was';
COMMENT ON COLUMN fact_product_views.product_id IS 'The product';
COMMENT ON COLUMN fact_product_views.product_sk IS 'Its version valid then';
COMMENT ON COLUMN fact_product_views.product_name IS 'Its name then';
COMMENT ON COLUMN fact_product_views.category IS 'Its category then';
COMMENT ON COLUMN fact_product_views.product_price IS 'Its price then';
COMMENT ON COLUMN fact_product_views.view_count IS '1: sums of it are views';
COMMENT ON COLUMN fact_product_views.view_duration IS 'Seconds; null where unknown';
COMMENT ON COLUMN fact_product_views.search_query IS 'What was searched for; null for a plain view';
COMMENT ON COLUMN fact_product_views.click_through_rate IS '1 where the product went into the cart later in the session, else 0: means of it are rates';
COMMENT ON COLUMN fact_product_views.conversion_flag IS 'click_through_rate > 0.05';
COMMENT ON COLUMN fact_product_views.engagement_score IS 'view_count × click_through_rate';
COMMENT ON COLUMN fact_product_views.view_source IS 'web where the source does not say';
COMMENT ON COLUMN fact_product_views.device_type IS 'desktop where the source does not say';
