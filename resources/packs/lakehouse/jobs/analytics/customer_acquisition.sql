/*
kind: transform
target: customer_acquisition
key: [tenant_id, month]
empty: allow
needs: [core_tenant, core_customer]
checks:
  - name: months_add_up_to_customers
    sql: >-
      SELECT 1 WHERE (SELECT coalesce(sum(new_customers), 0) FROM customer_acquisition)
      <> (SELECT count(*) FROM core_customer c JOIN core_tenant t ON t.id = c.tenant_id)
*/
WITH months AS (
  SELECT generate_series(date_trunc('month', min(created_at) AT TIME ZONE 'UTC'), date_trunc('month', max(created_at) AT TIME ZONE 'UTC'), interval '1 month')::date AS month FROM core_customer
), arrivals AS (
  SELECT tenant_id, date_trunc('month', created_at AT TIME ZONE 'UTC')::date AS month, count(*) AS new_customers FROM core_customer GROUP BY 1, 2
)
SELECT t.id AS tenant_id, m.month, coalesce(a.new_customers, 0) AS new_customers
FROM core_tenant t CROSS JOIN months m LEFT JOIN arrivals a ON a.tenant_id = t.id AND a.month = m.month
