/*
kind: full
source: xiva
stream: usageManagement/v4/ratedProductUsage/
target: xiva_usage
key: [usage_id]
data_as_of: updated_at
checks:
  - not_null: customer_id
  - { accepted_values: { column: usage_type, values: [VOICE_LOCAL, DATA, SMS] }, severity: warn }
*/
SELECT row ->> 'id' AS usage_id, row #>> '{customer,id}' AS customer_id, row ->> 'usageType' AS usage_type, (row ->> 'usageMonth')::date AS usage_month,
  (row ->> 'quantity')::numeric AS quantity, (row ->> 'ratedAmount')::numeric AS rated_amount, (row ->> 'lastUpdate')::timestamptz AS updated_at
FROM incoming
