CREATE TABLE product_performance (
  performance_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  product_id text NOT NULL,
  analysis_date date NOT NULL,
  category text NOT NULL,
  total_sales bigint NOT NULL,
  total_revenue numeric(18,4) NOT NULL,
  avg_price numeric(14,4),
  total_quantity numeric(16,3) NOT NULL,
  total_views bigint NOT NULL,
  conversion_rate numeric(12,4) NOT NULL CHECK (conversion_rate >= 0),
  category_rank integer NOT NULL CHECK (category_rank > 0),
  overall_rank integer NOT NULL CHECK (overall_rank > 0),
  performance_score numeric(7,4) NOT NULL CHECK (performance_score BETWEEN 0 AND 100),
  performance_tier text NOT NULL
    CHECK (performance_tier IN ('Top Performer', 'Strong Performer', 'Average Performer', 'Underperformer', 'Low Performer')),
  UNIQUE (product_id, analysis_date)
);
COMMENT ON TABLE product_performance IS 'Products with at least one order line, as of each day of analysis';
COMMENT ON COLUMN product_performance.performance_id IS 'Surrogate key';
COMMENT ON COLUMN product_performance.product_id IS 'The product';
COMMENT ON COLUMN product_performance.analysis_date IS 'Day of the newest order then, UTC';
COMMENT ON COLUMN product_performance.category IS 'Its category at the time of the analysis';
COMMENT ON COLUMN product_performance.total_sales IS 'Order lines with a positive quantity';
COMMENT ON COLUMN product_performance.total_revenue IS 'Sum over all lines, cancellations deducted';
COMMENT ON COLUMN product_performance.avg_price IS 'Mean price of sold lines with a price';
COMMENT ON COLUMN product_performance.total_quantity IS 'Pieces, cancellations deducted';
COMMENT ON COLUMN product_performance.total_views IS 'Views; 0 where there are none';
COMMENT ON COLUMN product_performance.conversion_rate IS 'total_sales / total_views × 100; 0 without views, above 100 where more was sold than looked at';
COMMENT ON COLUMN product_performance.category_rank IS 'By total_revenue within the category, dense: equal values share a rank';
COMMENT ON COLUMN product_performance.overall_rank IS 'By total_revenue, dense';
COMMENT ON COLUMN product_performance.performance_score IS '40 × revenue + 30 × conversion + 20 × quantity + 10 × views, each as a share of the largest of all products';
COMMENT ON COLUMN product_performance.performance_tier IS 'By the score: 80 Top Performer, 60 Strong Performer, 40 Average Performer, 20 Underperformer, else Low Performer';

CREATE TABLE sales_trends (
  trend_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  period_type text NOT NULL CHECK (period_type IN ('daily', 'weekly', 'monthly', 'quarterly')),
  period_value text NOT NULL,
  period_start date NOT NULL,
  country text NOT NULL,
  category text NOT NULL,
  total_sales bigint NOT NULL,
  total_revenue numeric(18,4) NOT NULL,
  avg_order_value numeric(16,4),
  total_quantity numeric(16,3) NOT NULL,
  growth_rate numeric(16,4),
  analysis_date date NOT NULL,
  UNIQUE (period_type, period_value, country, category)
);
CREATE INDEX sales_trends_by_period ON sales_trends (period_type, period_start);
COMMENT ON TABLE sales_trends IS 'Sales by day, week, month and quarter, country and category';
COMMENT ON COLUMN sales_trends.trend_id IS 'Surrogate key';
COMMENT ON COLUMN sales_trends.period_type IS 'daily, weekly, monthly or quarterly';
COMMENT ON COLUMN sales_trends.period_value IS '2026-03-05, 2026-W10 (week and year of ISO 8601), 2026-03 or 2026-Q1';
COMMENT ON COLUMN sales_trends.period_start IS 'First day of the period';
COMMENT ON COLUMN sales_trends.country IS 'Of the order; Unknown where there is none';
COMMENT ON COLUMN sales_trends.category IS 'Of the product''s version valid then';
COMMENT ON COLUMN sales_trends.total_sales IS 'Order lines with a positive quantity';
COMMENT ON COLUMN sales_trends.total_revenue IS 'Sum over all lines, cancellations deducted in the period in which they happened';
COMMENT ON COLUMN sales_trends.avg_order_value IS 'total_revenue / total_sales, the customer''s rule; null where nothing was sold';
COMMENT ON COLUMN sales_trends.total_quantity IS 'Pieces, cancellations deducted';
COMMENT ON COLUMN sales_trends.growth_rate IS 'Percent against the period before that has sales, which after a gap is an older one; null for the first and where that one had no revenue';
COMMENT ON COLUMN sales_trends.analysis_date IS 'Day of the newest order, UTC';

CREATE TABLE customer_segments (
  segment_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  segment_type text NOT NULL CHECK (segment_type IN ('RFM', 'Geographic')),
  segment_name text NOT NULL,
  analysis_date date NOT NULL,
  customer_count bigint NOT NULL CHECK (customer_count > 0),
  total_revenue numeric(18,4) NOT NULL,
  avg_revenue_per_customer numeric(16,4) NOT NULL,
  total_transactions bigint NOT NULL,
  avg_transactions_per_customer numeric(12,4) NOT NULL,
  avg_order_value numeric(16,4),
  avg_recency_days numeric(10,2) NOT NULL,
  primary_country text NOT NULL,
  UNIQUE (segment_type, segment_name, analysis_date)
);
COMMENT ON TABLE customer_segments IS 'What the RFM segments and the countries are like, as of each day of analysis. Customers with at least one purchase';
COMMENT ON COLUMN customer_segments.segment_id IS 'Surrogate key';
COMMENT ON COLUMN customer_segments.segment_type IS 'RFM or Geographic';
COMMENT ON COLUMN customer_segments.segment_name IS 'The RFM segment, or the country';
COMMENT ON COLUMN customer_segments.analysis_date IS 'That of the RFM analysis';
COMMENT ON COLUMN customer_segments.customer_count IS 'Customers';
COMMENT ON COLUMN customer_segments.total_revenue IS 'Sum over all lines of these customers, cancellations deducted';
COMMENT ON COLUMN customer_segments.avg_revenue_per_customer IS 'total_revenue / customer_count';
COMMENT ON COLUMN customer_segments.total_transactions IS 'Their purchases';
COMMENT ON COLUMN customer_segments.avg_transactions_per_customer IS 'total_transactions / customer_count';
COMMENT ON COLUMN customer_segments.avg_order_value IS 'Mean of the customers'' own means';
COMMENT ON COLUMN customer_segments.avg_recency_days IS 'Mean days since the last purchase';
COMMENT ON COLUMN customer_segments.primary_country IS 'Where most of them are; of several the first by name';
