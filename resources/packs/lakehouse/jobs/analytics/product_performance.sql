/*
kind: transform
target: product_performance
key: [product_id]
empty: allow
needs: [core_product, core_order, core_orderitem]
*/
WITH sold AS (
  SELECT i.product_id, count(DISTINCT i.order_id) AS times_ordered, sum(i.quantity) AS total_quantity_sold, sum(i.total) AS total_revenue
  FROM core_orderitem i JOIN core_order o ON o.id = i.order_id AND o.status = 'completed' GROUP BY i.product_id
)
SELECT p.id AS product_id, p.tenant_id, p.name AS product_name, p.category, coalesce(s.times_ordered, 0) AS times_ordered,
  coalesce(s.total_quantity_sold, 0) AS total_quantity_sold, coalesce(s.total_revenue, 0) AS total_revenue,
  round(s.total_revenue / nullif(s.total_quantity_sold, 0), 2) AS avg_selling_price
FROM core_product p LEFT JOIN sold s ON s.product_id = p.id
