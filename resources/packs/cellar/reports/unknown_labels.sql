/*
title: Unknown product labels
description: Labels that neither an alias nor a product has, with the lines and the turnover that wait for them and the most alike product. “quintile aliases approve” gives one its product; the next run loads its lines.
columns:
  - { name: label_norm, label: Label (normalised), format: text }
  - { name: product_label, label: As written, format: text }
  - { name: order_lines, label: Lines, format: integer }
  - { name: customers, label: Customers, format: integer }
  - { name: amount_ht, label: Turnover (HT), format: money }
  - { name: status, label: Status, format: text }
  - { name: suggestion, label: Most alike, format: text }
  - { name: confidence, label: Likeness, format: percent }
reconciliation:
  - label: Turnover = sales lines that wait for a product
    sum_of: amount_ht
    equals: SELECT sum(amount_ht * copies) FROM sales_line WHERE waits_for = 'PRODUCT_NOT_FOUND'
  - label: Lines = sales lines that wait for a product
    sum_of: order_lines
    equals: SELECT sum(copies) FROM sales_line WHERE waits_for = 'PRODUCT_NOT_FOUND'
*/
SELECT u.label_norm, u.product_label, u.lines AS order_lines, u.customers, u.amount_ht, CASE WHEN u.is_rejected THEN 'no product' ELSE 'waiting' END AS status,
  s.product_label AS suggestion, s.confidence
FROM unknown_product_label u LEFT JOIN alias_suggestion s ON s.label_norm = u.label_norm AND s.place = 1
ORDER BY u.amount_ht DESC, u.label_norm
