/*
kind: merge
source: user_service
target: fact_transactions
key: [source_system, source_id]
watermark: occurred_at
lookback: 10 minutes
data_as_of: occurred_at
versions:                    # the user as of the transaction
  - { column: user_sk, dimension: dim_users, at: occurred_at, on: { user_id: user_id } }
needs: [dim_users]
checks:
  - not_null: user_id
  - { accepted_values: { column: transaction_type, values: [ADD, SUBTRACT] } }
*/
-- The service keeps amounts without a sign: what is spent counts against what is earned.
SELECT 'user_service' AS source_system, id AS source_id, "userId" AS user_id, type::text AS transaction_type,
  CASE type::text WHEN 'SUBTRACT' THEN -amount ELSE amount END::numeric(10,2) AS amount, 'coins' AS currency_type, description,
  "createdAt" AS occurred_at
FROM "CurrencyTransaction" WHERE "createdAt" >= :since
