/*
kind: transform
target: sales_trends
key: [period_type, period_value, country, category]
data_as_of: analysis_date
needs: [fact_sales, dim_date, dim_customers]
# What it reads besides: a step is left out only when everything that it reads is known to be as it was. Segments are written into
# the customers after the facts: what comes behind need not look again.
after: [rfm_analysis, dim_products, dim_geography]
*/
-- Days first: the longer periods add them up. Country is that of the order, category that of the product's version valid then.
WITH days AS (
  SELECT f.date_id, coalesce(g.country, 'Unknown') AS country, p.category, count(*) FILTER (WHERE f.quantity > 0) AS total_sales,
    sum(f.total_revenue) AS total_revenue, sum(f.quantity) AS total_quantity
  FROM fact_sales f JOIN dim_products p USING (product_sk) LEFT JOIN dim_geography g USING (geography_id)
  GROUP BY f.date_id, g.country, p.category
), periods AS (
  SELECT t.period_type, t.period_value, t.period_start, country, category, sum(total_sales) AS total_sales, sum(total_revenue) AS total_revenue,
    sum(total_quantity) AS total_quantity
  FROM days JOIN dim_date d USING (date_id) CROSS JOIN LATERAL (VALUES
    ('daily', to_char(d.date, 'YYYY-MM-DD'), d.date),
    -- The ISO week goes with the ISO year: 30 December 2024 is in 2025-W01.
    ('weekly', d.iso_year || '-W' || lpad(d.week::text, 2, '0'), date_trunc('week', d.date::timestamp)::date),
    ('monthly', to_char(d.date, 'YYYY-MM'), date_trunc('month', d.date::timestamp)::date),
    ('quarterly', d.year || '-Q' || d.quarter, date_trunc('quarter', d.date::timestamp)::date)
  ) AS t(period_type, period_value, period_start)
  GROUP BY t.period_type, t.period_value, t.period_start, country, category
), compared AS (
  SELECT *, lag(total_revenue) OVER (PARTITION BY period_type, country, category ORDER BY period_start) AS before FROM periods
)
SELECT period_type, period_value, period_start, country, category, total_sales, total_revenue, total_revenue / nullif(total_sales, 0) AS avg_order_value, total_quantity,
  CASE WHEN before > 0 THEN 100 * (total_revenue - before) / before END AS growth_rate, (SELECT to_date(max(date_id)::text, 'YYYYMMDD') FROM fact_sales) AS analysis_date
FROM compared
