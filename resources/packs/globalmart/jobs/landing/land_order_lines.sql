/*
kind: append
# Imported files fill this table too: a full reload adds what is missing and leaves their lines alone.
shared: true
target: imported.order_lines
watermark: landed_id
unique_stamps: true
start: 0
data_as_of: ordered_at
needs: [land_transactions]
*/
-- Lines of the shop's database behind the lines that are there; line_id goes on. What is there already is known by its line_item_id.
SELECT (SELECT coalesce(max(line_id), 0) FROM imported.order_lines) + row_number() OVER (ORDER BY t.landed_id) AS line_id,
  t.transaction_id AS document_number, t.product_id, t.product_name, t.category, t.quantity, t.unit_price, t.transaction_timestamp AS ordered_at,
  t.user_id AS customer_id, t.country, t.payment_method, t.line_item_id, t.landed_id
FROM imported.transaction_lines t
WHERE t.landed_id > :since AND NOT EXISTS (SELECT 1 FROM imported.order_lines o WHERE o.line_item_id = t.line_item_id)
