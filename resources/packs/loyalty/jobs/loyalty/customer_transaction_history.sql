/*
kind: merge
source: loyalty_source
target: customer_transaction_history
key: [transaction_reference]
watermark: updated_at
lookback: 10 minutes
data_as_of: transaction_date
deleted: voided              # what was taken back leaves the warehouse too
needs: [customer_features_view]
checks:
  - not_null: customer_id
  - accepted_values: { column: transaction_type, values: [purchase, recharge, subscription, redemption] }
  - relationship: { column: customer_id, to: customer_features_view }
*/
SELECT transaction_reference, customer_id::text AS customer_id, transacted_at AS transaction_date, transaction_type, amount AS transaction_amount,
  points_earned, points_redeemed, voided, created_at, updated_at
FROM transactions
WHERE updated_at >= :since
