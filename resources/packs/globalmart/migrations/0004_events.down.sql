DROP VIEW imported.event_times;
-- Lines of the shop's database go with the tables that they came through: only imported ones were there before.
DELETE FROM imported.order_lines WHERE line_item_id IS NOT NULL;
ALTER TABLE imported.order_lines DROP COLUMN line_item_id, DROP COLUMN payment_method;
DROP TABLE imported.product_view_events, imported.cart_events, imported.transaction_lines;
DROP SEQUENCE imported.landed_ids;
