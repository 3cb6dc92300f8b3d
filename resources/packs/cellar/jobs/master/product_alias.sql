/*
kind: transform
target: product_alias
key: [label_norm]
empty: allow
needs: [product]
*/
-- What people approved: quintile aliases approve.
SELECT label_norm, product_key FROM product_alias_decision WHERE decision = 'approved'
