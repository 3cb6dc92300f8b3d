/*
kind: full
source: xiva
stream: productInventoryManagement/v5/product/
target: xiva_products
key: [product_id]
data_as_of: updated_at
checks:
  - not_null: customer_id
*/
SELECT row ->> 'id' AS product_id, row #>> '{customer,id}' AS customer_id, row ->> 'name' AS product_name, row ->> 'service' AS service,
  row ->> 'status' AS status, (row ->> 'startDate')::date AS started_on, (row ->> 'lastUpdate')::timestamptz AS updated_at
FROM incoming
