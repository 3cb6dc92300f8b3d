/*
kind: merge
source: loyalty_source
target: customer_features_view
key: [customer_id]
data_as_of: updated_at
# Every customer each time: a day later all are a day older, whoever was changed. Equal rows are left alone.
checks:
  - not_null: customer_id
  - range: { column: churn_score, min: 0, max: 1 }
  - accepted_values: { column: customer_status, values: [active, inactive, suspended] }
  - { accepted_values: { column: customer_tier, values: [bronze, silver, gold, platinum] }, severity: warn }
*/
-- Days are counted to the newest offer or transaction, not to the clock: what was loaded yesterday says the same today.
WITH newest AS (
  SELECT (greatest((SELECT max(sent_at) FROM offer_sends), (SELECT max(transacted_at) FROM transactions WHERE NOT voided)) AT TIME ZONE 'UTC')::date AS day
)
SELECT c.customer_id::text AS customer_id, c.total_revenue, c.transaction_count,
  greatest(n.day - (c.last_transaction_at AT TIME ZONE 'UTC')::date, 0) AS last_purchase_days_ago,
  round(c.total_revenue / greatest(c.transaction_count, 1), 2) AS avg_transaction_value, c.lifetime_value, c.churn_score,
  c.customer_tier, c.customer_status, c.city, extract(year FROM age(n.day, c.birth_date))::integer AS age,
  c.active_products_count, c.data_usage_mb, c.credit_utilization, greatest(n.day - c.opened_on, 0) AS account_age_days, c.updated_at
FROM customers c CROSS JOIN newest n
