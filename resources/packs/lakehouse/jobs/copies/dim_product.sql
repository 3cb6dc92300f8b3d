/*
kind: history
source: changes
stream: public.core_product
target: dim_product
key: [product_id]
track: [tenant_id, name, category, price, is_active]
update: [cost]
changes: true
*/
-- Stock goes up and down with every order and makes no version.
SELECT id AS product_id, tenant_id, name, category, price, cost, is_active, change, commit_lsn, committed_at, change_order, unchanged_columns
FROM incoming
