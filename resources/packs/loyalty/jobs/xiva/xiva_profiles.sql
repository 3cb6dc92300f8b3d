/*
kind: transform
target: xiva_profiles
key: [customer_id]
data_as_of: updated_at
needs: [xiva_customers, xiva_accounts, xiva_products, xiva_usage]
*/
-- Each list is summed up by customer before it is joined, so that none multiplies another.
WITH money AS (
  SELECT customer_id, sum(total_bills) AS total_bills, sum(total_payments) AS total_payments, sum(current_balance) AS current_balance,
    sum(outstanding_amount) AS outstanding_amount, sum(credit_limit) AS credit_limit, max(last_payment_date) AS last_payment_date,
    (array_agg(last_payment_amount ORDER BY last_payment_date DESC NULLS LAST, account_id))[1] AS last_payment_amount, max(updated_at) AS updated_at
  FROM xiva_accounts GROUP BY customer_id
), products AS (
  SELECT customer_id, count(*) FILTER (WHERE status = 'active') AS active_products, count(DISTINCT service) FILTER (WHERE status = 'active') AS active_services,
    count(DISTINCT service) AS services, coalesce(bool_or(status = 'active' AND service = 'voice'), false) AS voice,
    coalesce(bool_or(status = 'active' AND service = 'data'), false) AS data, coalesce(bool_or(status = 'active' AND service = 'sms'), false) AS sms,
    string_agg(product_name, ', ' ORDER BY product_name) FILTER (WHERE status = 'active') AS names,
    (array_agg(product_name ORDER BY started_on, product_id) FILTER (WHERE status = 'active'))[1] AS primary_product, max(updated_at) AS updated_at
  FROM xiva_products GROUP BY customer_id
), months AS (
  SELECT max(usage_month) AS current, (max(usage_month) - interval '1 month')::date AS whole FROM xiva_usage
), usage AS (
  -- A month that has only begun says little of how much somebody uses: volumes are those of the last whole one.
  SELECT u.customer_id, sum(u.rated_amount) FILTER (WHERE u.usage_month = m.current) AS month_spend, sum(u.rated_amount) AS spend, count(*) AS records,
    sum(u.quantity) FILTER (WHERE u.usage_month = m.whole AND u.usage_type = 'VOICE_LOCAL') AS voice,
    sum(u.quantity) FILTER (WHERE u.usage_month = m.whole AND u.usage_type = 'DATA') AS data,
    sum(u.quantity) FILTER (WHERE u.usage_month = m.whole AND u.usage_type = 'SMS') AS sms, max(u.updated_at) AS updated_at
  FROM xiva_usage u CROSS JOIN months m GROUP BY u.customer_id
), stamps AS (
  SELECT c.customer_id, greatest(c.updated_at, m.updated_at, p.updated_at, u.updated_at) AS updated_at
  FROM xiva_customers c LEFT JOIN money m USING (customer_id) LEFT JOIN products p USING (customer_id) LEFT JOIN usage u USING (customer_id)
)
SELECT c.customer_id, c.status AS customer_status, c.customer_type, c.first_name, c.last_name, c.gender, c.nationality,
  extract(year FROM age((s.updated_at AT TIME ZONE 'UTC')::date, c.birth_date))::integer AS age, c.email, c.phone,
  m.total_bills AS total_revenue, m.current_balance AS current_month_spend, m.outstanding_amount, m.credit_limit,
  abs(m.outstanding_amount) / nullif(m.credit_limit, 0) AS credit_utilization, m.last_payment_amount,
  (s.updated_at AT TIME ZONE 'UTC')::date - m.last_payment_date AS days_since_last_payment, m.total_payments / nullif(m.total_bills, 0) AS payment_ratio,
  coalesce(p.active_products, 0)::integer AS active_products_count, coalesce(p.active_services, 0)::integer AS active_services_count,
  coalesce(p.services, 0)::integer AS total_services_count, coalesce(p.voice, false) AS has_voice_service, coalesce(p.data, false) AS has_data_service,
  coalesce(p.sms, false) AS has_sms_service, p.names AS product_names, p.primary_product,
  u.month_spend AS current_month_usage_spend, u.spend AS total_usage_spend, coalesce(u.records, 0)::integer AS usage_records_count,
  u.voice AS voice_usage_mb, u.data AS data_usage_mb, u.sms::integer AS sms_usage_count, s.updated_at
FROM xiva_customers c JOIN stamps s USING (customer_id)
LEFT JOIN money m USING (customer_id) LEFT JOIN products p USING (customer_id) LEFT JOIN usage u USING (customer_id)
