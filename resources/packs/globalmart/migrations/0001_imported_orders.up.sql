CREATE SCHEMA imported;
COMMENT ON SCHEMA imported IS 'Files brought in with “quintile import”: a source, the jobs read from it';

CREATE TABLE imported.order_lines (
  line_id bigint PRIMARY KEY,
  row_number bigint NOT NULL,
  document_number text,
  product_id text NOT NULL,
  product_name text,
  category text,
  quantity numeric(14,3) NOT NULL,
  unit_price numeric(14,4) NOT NULL,
  ordered_at timestamptz NOT NULL,
  customer_id text,
  country text,
  line_digest uuid NOT NULL
);
COMMENT ON TABLE imported.order_lines IS 'Order lines as they came; a negative quantity is a cancellation, no customer is a guest sale';
COMMENT ON COLUMN imported.order_lines.line_id IS 'Grows in commit order (imports take turns), so that it can serve as a watermark';
COMMENT ON COLUMN imported.order_lines.row_number IS 'Line of the data in its file, the header not counted';
COMMENT ON COLUMN imported.order_lines.line_digest IS 'MD5 of the line''s fields; the n-th line with one digest is one and the same line in every file';
