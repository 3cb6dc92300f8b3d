/*
kind: merge
source: loyalty_source
target: customer_churn_history
key: [customer_id, snapshot_date]
watermark: updated_at
lookback: 10 minutes
data_as_of: snapshot_date
needs: [customer_features_view]
checks:
  - not_null: customer_id
  - range: { column: churn_score, min: 0, max: 1 }
  - relationship: { column: customer_id, to: customer_features_view }
*/
SELECT customer_id::text AS customer_id, snapshot_date, total_revenue, transaction_count, days_since_last_transaction AS last_purchase_days_ago,
  avg_transaction_value, lifetime_value, churn_score, churned, churn_date, created_at, updated_at
FROM churn_snapshots
WHERE updated_at >= :since
