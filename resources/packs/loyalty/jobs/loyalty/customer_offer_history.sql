/*
kind: merge
source: loyalty_source
target: customer_offer_history
key: [customer_id, offer_id, sent_at]
watermark: updated_at
lookback: 10 minutes
data_as_of: sent_at
needs: [offer_catalogue, customer_features_view]
checks:
  - not_null: customer_id
  - range: { column: churn_score, min: 0, max: 1 }
  - relationship: { column: offer_id, to: offer_catalogue }
  - relationship: { column: customer_id, to: customer_features_view }
*/
SELECT s.customer_id::text AS customer_id, s.offer_id, o.offer_name, o.offer_type, s.sent_at, s.opened_at, s.clicked_at, s.converted_at,
  s.converted_offer_id, s.points_earned, s.total_revenue, s.transaction_count, s.days_since_last_transaction AS last_purchase_days_ago,
  s.avg_transaction_value, s.lifetime_value, s.churn_score, s.created_at, s.updated_at
FROM offer_sends s JOIN offers o USING (offer_id)
WHERE s.updated_at >= :since
