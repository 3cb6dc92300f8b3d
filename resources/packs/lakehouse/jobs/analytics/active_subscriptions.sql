/*
kind: transform
target: active_subscriptions
key: [tenant_id]
empty: allow
needs: [core_tenant, core_subscription]
*/
SELECT t.id AS tenant_id, count(s.id) AS active_subscriptions, coalesce(sum(s.monthly_amount), 0) AS monthly_recurring_revenue
FROM core_tenant t LEFT JOIN core_subscription s ON s.tenant_id = t.id AND s.status = 'active'
GROUP BY t.id
