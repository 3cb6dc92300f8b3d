/*
kind: transform
target: mrr_bridge
key: [tenant_id, month]
empty: allow
needs: [core_tenant, core_customer, core_order, core_subscription, core_invoice, active_subscriptions]
checks:
  - name: ends_at_the_mrr_of_now
    sql: >-
      SELECT a.tenant_id FROM active_subscriptions a LEFT JOIN mrr_bridge b ON b.tenant_id = a.tenant_id AND b.month = (SELECT max(month) FROM mrr_bridge)
      WHERE a.monthly_recurring_revenue <> coalesce(b.closing_mrr, 0)
  - name: begins_where_the_month_before_ended
    sql: >-
      SELECT * FROM (SELECT opening_mrr, lag(closing_mrr, 1, 0::numeric) OVER (PARTITION BY tenant_id ORDER BY month) AS before FROM mrr_bridge) b WHERE opening_mrr <> before
*/
-- What each customer pays on the last day of each month; the newest month ends today, that is at the newest data. Until then a
-- subscription that has ended counts up to its end; today the status decides. Trials never count.
WITH today AS (
  SELECT (as_of AT TIME ZONE 'UTC')::date AS today FROM shop_moment
), months AS (
  SELECT m::date AS month, least((m + interval '1 month' - interval '1 day')::date, t.today) AS last_day
  FROM today t, generate_series(date_trunc('month', (SELECT min(start_date) FROM core_subscription)::timestamp), date_trunc('month', t.today::timestamp), interval '1 month') m
), paid AS (
  SELECT s.tenant_id, s.customer_id, m.month, bool_or(s.start_date < m.month) AS is_known,
    coalesce(sum(s.monthly_amount) FILTER (WHERE s.start_date <= m.last_day AND (s.status = 'active' OR (s.end_date > m.last_day AND m.last_day < t.today))), 0) AS closing
  FROM core_subscription s CROSS JOIN months m CROSS JOIN today t WHERE s.status <> 'trial' GROUP BY s.tenant_id, s.customer_id, m.month
), moves AS (
  SELECT *, lag(closing, 1, 0::numeric) OVER (PARTITION BY tenant_id, customer_id ORDER BY month) AS opening FROM paid
), bridge AS (
  SELECT tenant_id, month, sum(opening) AS opening_mrr,
    sum(closing) FILTER (WHERE opening = 0 AND NOT is_known) AS new_mrr, sum(closing) FILTER (WHERE opening = 0 AND is_known) AS reactivation_mrr,
    sum(closing - opening) FILTER (WHERE opening > 0 AND closing > opening) AS expansion_mrr,
    sum(opening - closing) FILTER (WHERE closing > 0 AND closing < opening) AS contraction_mrr,
    sum(opening) FILTER (WHERE closing = 0) AS churn_mrr, sum(closing) AS closing_mrr
  FROM moves GROUP BY tenant_id, month
)
SELECT t.id AS tenant_id, m.month, coalesce(b.opening_mrr, 0) AS opening_mrr, coalesce(b.new_mrr, 0) AS new_mrr, coalesce(b.reactivation_mrr, 0) AS reactivation_mrr,
  coalesce(b.expansion_mrr, 0) AS expansion_mrr, coalesce(b.contraction_mrr, 0) AS contraction_mrr, coalesce(b.churn_mrr, 0) AS churn_mrr, coalesce(b.closing_mrr, 0) AS closing_mrr
FROM core_tenant t CROSS JOIN months m LEFT JOIN bridge b ON b.tenant_id = t.id AND b.month = m.month
