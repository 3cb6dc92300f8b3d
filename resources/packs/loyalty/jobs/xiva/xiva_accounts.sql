/*
kind: full
source: xiva
stream: customerManagement/v4/customerAccount/
target: xiva_accounts
key: [account_id]
data_as_of: updated_at
checks:
  - not_null: customer_id
*/
SELECT row ->> 'id' AS account_id, row #>> '{customer,id}' AS customer_id, (row ->> 'total_bills')::numeric AS total_bills,
  (row ->> 'total_payments')::numeric AS total_payments, (row ->> 'current_balance')::numeric AS current_balance,
  (row ->> 'outstanding_amount')::numeric AS outstanding_amount, (row ->> 'credit_limit')::numeric AS credit_limit,
  (row ->> 'last_payment_amount')::numeric AS last_payment_amount, (row ->> 'last_payment_date')::date AS last_payment_date,
  (row ->> 'lastUpdate')::timestamptz AS updated_at
FROM incoming
