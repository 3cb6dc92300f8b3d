/*
title: Customer lifetime value
description: The 100 customers who have brought most so far, cancellations deducted.
columns:
  - { name: user_id, label: Customer, format: text }
  - { name: country, label: Country, format: text }
  - { name: customer_segment, label: Segment, format: text }
  - { name: lifetime_value, label: Lifetime value, format: money }
  - { name: total_transactions, label: Purchases, format: integer }
  - { name: avg_order_value, label: Average order, format: money }
  - { name: first_transaction_date, label: First purchase, format: date }
  - { name: last_transaction_date, label: Last purchase, format: date }
  - { name: lifetime_days, label: Days between, format: integer }
*/
SELECT user_id, country, customer_segment, lifetime_value, total_transactions, avg_order_value, first_transaction_date, last_transaction_date, lifetime_days
FROM v_customer_lifetime_value ORDER BY lifetime_value DESC, user_id LIMIT 100
