CREATE SCHEMA imported;
COMMENT ON SCHEMA imported IS 'Files brought in with “quintile import”: a source, the jobs read from it';

CREATE TABLE imported.order_lines (
  line_id bigint NOT NULL,
  document_number text,
  product_id text NOT NULL,
  product_name text,
  category text,
  quantity numeric NOT NULL,
  unit_price numeric NOT NULL,
  ordered_at timestamptz NOT NULL,
  customer_id text,
  country text
);
-- Lines lie in the order of line_id, so that a block range index finds the new ones. A primary key would cost half of the time
-- of the whole import; imports take turns (a lease and a table lock), and the fact's own key would refuse a doubled line.
CREATE INDEX order_lines_by_id ON imported.order_lines USING brin (line_id);
COMMENT ON TABLE imported.order_lines IS 'Order lines as they came; a negative quantity is a cancellation, no customer is a guest sale. The n-th line with one content is one and the same line in every file';
COMMENT ON COLUMN imported.order_lines.line_id IS 'Grows in commit order (imports take turns), so that it can serve as a watermark';
COMMENT ON COLUMN imported.order_lines.quantity IS 'At most 3 decimals and 14 digits, as the import declares';
