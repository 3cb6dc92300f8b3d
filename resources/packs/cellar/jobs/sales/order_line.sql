/*
kind: merge
target: order_line
key: [line_hash, line_copy]
deleted: gone
watermark: file_modified_at
data_as_of: order_date
needs: [raw_sales_lines, product, product_alias, customer, customer_merge]
checks:
  - name: a_line_is_neither_loaded_nor_accounted_for
    sql: >-
      SELECT line_hash, waits_for, copies, loaded
      FROM (SELECT line_hash, waits_for, copies FROM sales_line) AS s FULL JOIN (SELECT line_hash, count(*) AS loaded FROM order_line GROUP BY line_hash) AS o USING (line_hash)
      WHERE coalesce(loaded, 0) <> CASE WHEN waits_for IS NULL THEN coalesce(copies, 0) ELSE 0 END
*/
-- The readable lines that wait for nothing; of these, after the first load, only what is new, differs or is gone, so that a run
-- writes little however many lines there are. An approved alias, a new customer or a merge is found the same way.
WITH wanted AS (
  SELECT l.line_hash, n.line_copy, l.surviving_code AS customer_code, l.product_key, l.order_date, l.doc_ref, l.doc_type, l.qty, l.amount_ht, l.amount_ttc, l.margin,
    l.batch_id, l.customer_code AS source_customer_code, l.file_modified_at
  FROM sales_line l CROSS JOIN LATERAL generate_series(1, l.copies) AS n(line_copy)
  WHERE l.waits_for IS NULL
)
SELECT line_hash, line_copy, w.customer_code, w.product_key, w.order_date, w.doc_ref, w.doc_type, w.qty, w.amount_ht, w.amount_ttc, w.margin, w.batch_id, w.source_customer_code,
  w.file_modified_at, w.customer_code IS NULL AS gone
FROM wanted w FULL JOIN order_line o USING (line_hash, line_copy)
WHERE :since::text = '-infinity'
  OR (w.customer_code, w.product_key, w.amount_ttc, w.margin, w.batch_id) IS DISTINCT FROM (o.customer_code, o.product_key, o.amount_ttc, o.margin, o.batch_id)
