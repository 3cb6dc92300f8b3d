-- What each column means, where earlier migrations do not say.

COMMENT ON COLUMN imported.order_lines.document_number IS 'The order or its cancellation; the transaction_id of a line from the shop''s database';
COMMENT ON COLUMN imported.order_lines.product_id IS 'The product';
COMMENT ON COLUMN imported.order_lines.product_name IS 'As the line has it';
COMMENT ON COLUMN imported.order_lines.category IS 'As the line has it';
COMMENT ON COLUMN imported.order_lines.unit_price IS 'Price of one piece';
COMMENT ON COLUMN imported.order_lines.ordered_at IS 'When it was ordered';
COMMENT ON COLUMN imported.order_lines.customer_id IS 'The customer; null for a guest sale';
COMMENT ON COLUMN imported.order_lines.country IS 'Of the order';

COMMENT ON COLUMN dim_date.date IS 'The day';
COMMENT ON COLUMN dim_date.year IS 'Calendar year';
COMMENT ON COLUMN dim_date.quarter IS '1 to 4';
COMMENT ON COLUMN dim_date.month IS '1 to 12';
COMMENT ON COLUMN dim_date.iso_year IS 'Year of the ISO week';
COMMENT ON COLUMN dim_date.day IS 'Day of the month';
COMMENT ON COLUMN dim_date.day_name IS 'Monday and so on';
COMMENT ON COLUMN dim_date.month_name IS 'January and so on';
COMMENT ON COLUMN dim_date.is_weekend IS 'Saturday or Sunday';

COMMENT ON COLUMN country_reference.country IS 'Name as shops write it';
COMMENT ON COLUMN country_reference.region IS 'Part of the continent';
COMMENT ON COLUMN country_reference.continent IS 'Europe, Americas, Asia, Oceania or Africa';
COMMENT ON COLUMN country_reference.currency IS 'ISO 4217';
COMMENT ON COLUMN country_reference.timezone IS 'IANA name';

COMMENT ON COLUMN dim_geography.geography_id IS 'Surrogate key';
COMMENT ON COLUMN dim_geography.country IS 'Name as the orders write it';
COMMENT ON COLUMN dim_geography.region IS 'Part of the continent';
COMMENT ON COLUMN dim_geography.continent IS 'Continent';
COMMENT ON COLUMN dim_geography.currency IS 'ISO 4217';
COMMENT ON COLUMN dim_geography.timezone IS 'IANA name';

COMMENT ON COLUMN dim_customers.customer_sk IS 'Surrogate key of the version';
COMMENT ON COLUMN dim_customers.user_id IS 'The customer';
COMMENT ON COLUMN dim_customers.country IS 'Of the order that opened the version';
COMMENT ON COLUMN dim_customers.customer_segment IS 'RFM segment';
COMMENT ON COLUMN dim_customers.rfm_score IS '111 to 555, as of the last analysis';
COMMENT ON COLUMN dim_customers.first_transaction_date IS 'Day of the first order';
COMMENT ON COLUMN dim_customers.last_transaction_date IS 'Day of the last order';
COMMENT ON COLUMN dim_customers.avg_order_value IS 'total_spent / total_transactions';
COMMENT ON COLUMN dim_customers.is_active IS 'False once the source says that the customer is gone';
COMMENT ON COLUMN dim_customers.effective_from IS 'Valid from then on';
COMMENT ON COLUMN dim_customers.effective_to IS 'Valid until just before; 9999-12-31 for the current version';
COMMENT ON COLUMN dim_customers.is_current IS 'The version valid now';
COMMENT ON COLUMN dim_customers.record_hash IS 'MD5 of the tracked columns';

COMMENT ON COLUMN dim_products.product_sk IS 'Surrogate key of the version';
COMMENT ON COLUMN dim_products.product_id IS 'The product';
COMMENT ON COLUMN dim_products.product_name IS 'The name sold most often';
COMMENT ON COLUMN dim_products.category IS 'Uncategorised where no line has one';
COMMENT ON COLUMN dim_products.margin IS '0.4 × base_price';
COMMENT ON COLUMN dim_products.is_active IS 'False once the source says that the product is gone';
COMMENT ON COLUMN dim_products.effective_from IS 'Valid from then on';
COMMENT ON COLUMN dim_products.effective_to IS 'Valid until just before; 9999-12-31 for the current version';
COMMENT ON COLUMN dim_products.is_current IS 'The version valid now';
COMMENT ON COLUMN dim_products.record_hash IS 'MD5 of the tracked columns';

COMMENT ON COLUMN fact_sales.sale_id IS 'Surrogate key';
COMMENT ON COLUMN fact_sales.transaction_id IS 'The order or its cancellation';
COMMENT ON COLUMN fact_sales.transaction_timestamp IS 'When it was ordered';
COMMENT ON COLUMN fact_sales.date_id IS 'Its day, UTC';
COMMENT ON COLUMN fact_sales.user_id IS 'The customer; null for a guest sale';
COMMENT ON COLUMN fact_sales.product_id IS 'The product';
COMMENT ON COLUMN fact_sales.product_sk IS 'Its version valid then';
COMMENT ON COLUMN fact_sales.geography_id IS 'Country of the order; null where there is none';
COMMENT ON COLUMN fact_sales.quantity IS 'Pieces; negative for a cancellation';
COMMENT ON COLUMN fact_sales.product_price IS 'Price of one piece';
COMMENT ON COLUMN fact_sales.discount_amount IS 'Always 0: no source of the customer has discounts';
COMMENT ON COLUMN fact_sales.net_revenue IS 'total_revenue less discount_amount';

COMMENT ON COLUMN rfm_analysis.rfm_id IS 'Surrogate key';
COMMENT ON COLUMN rfm_analysis.user_id IS 'The customer';
COMMENT ON COLUMN rfm_analysis.recency_days IS 'Days from the last purchase to the newest order of all';
COMMENT ON COLUMN rfm_analysis.recency_score IS '1 to 5, 5 for the most recent';
COMMENT ON COLUMN rfm_analysis.frequency_score IS '1 to 5';
COMMENT ON COLUMN rfm_analysis.monetary_score IS '1 to 5';
COMMENT ON COLUMN rfm_analysis.rfm_score IS '100 × recency + 10 × frequency + monetary';
COMMENT ON COLUMN rfm_analysis.rfm_segment IS 'By the number: from 544 Champions, 434 Loyal Customers, 334 Potential Loyalists, 244 At Risk, 144 Need Attention, else Lost Customers';

COMMENT ON COLUMN customer_features_view.customer_id IS 'The customer';
COMMENT ON COLUMN customer_features_view.transaction_count IS 'Orders with at least one sold line';
COMMENT ON COLUMN customer_features_view.avg_transaction_value IS 'total_revenue / transaction_count';
COMMENT ON COLUMN customer_features_view.lifetime_value IS 'The same as total_revenue: what the customer brought so far';
COMMENT ON COLUMN customer_features_view.distinct_products IS 'Different products bought';
COMMENT ON COLUMN customer_features_view.cancelled_lines IS 'Lines with a negative quantity';
COMMENT ON COLUMN customer_features_view.first_purchase_at IS 'Time of the first purchase';
COMMENT ON COLUMN customer_features_view.last_purchase_at IS 'Time of the last purchase';
COMMENT ON COLUMN customer_features_view.account_age_days IS 'Days from the first purchase to the newest order of all';
COMMENT ON COLUMN customer_features_view.country IS 'Where the customer is now';
COMMENT ON COLUMN customer_features_view.customer_segment IS 'RFM segment';
COMMENT ON COLUMN customer_features_view.rfm_score IS '111 to 555';
COMMENT ON COLUMN customer_features_view.recency_score IS '1 to 5';
COMMENT ON COLUMN customer_features_view.frequency_score IS '1 to 5';
COMMENT ON COLUMN customer_features_view.monetary_score IS '1 to 5';
