/*
kind: merge
source: orders
target: fact_sales
key: [line_id]
watermark: line_id
start: 0
data_as_of: transaction_timestamp
versions:                    # a sale follows when a version arrives later that was valid at its time
  - { column: customer_sk, dimension: dim_customers, at: transaction_timestamp, on: { user_id: user_id } }
  - { column: product_sk, dimension: dim_products, at: transaction_timestamp, on: { product_id: product_id } }
needs: [dim_date, dim_geography, dim_customers, dim_products]
checks:
  - { not_null: product_sk, bad_rows: abort }
  - { not_null: date_id, bad_rows: abort }
  - { relationship: { column: product_sk, to: dim_products }, bad_rows: abort }
  - { relationship: { column: customer_sk, to: dim_customers }, bad_rows: abort }
  - { unique: line_id, on: staged, bad_rows: abort }
*/
SELECT o.line_id, o.document_number AS transaction_id, o.ordered_at AS transaction_timestamp, to_char(o.ordered_at, 'YYYYMMDD')::integer AS date_id,
  o.customer_id AS user_id, c.customer_sk, o.product_id, p.product_sk, g.geography_id, o.quantity, o.unit_price AS product_price,
  o.quantity * o.unit_price AS total_revenue, 0::numeric AS discount_amount, 0.08 * o.quantity * o.unit_price AS tax_amount,
  o.quantity * o.unit_price AS net_revenue, o.quantity * (o.unit_price - p.cost) AS profit,
  (o.unit_price - p.cost) / nullif(o.unit_price, 0) AS profit_margin, o.product_name, o.category, o.payment_method
FROM imported.order_lines o
LEFT JOIN dim_customers c ON c.user_id = o.customer_id AND c.effective_from <= o.ordered_at AND o.ordered_at < c.effective_to
LEFT JOIN dim_products p ON p.product_id = o.product_id AND p.effective_from <= o.ordered_at AND o.ordered_at < p.effective_to
LEFT JOIN dim_geography g ON g.country = o.country
WHERE o.line_id > :since
