/*
kind: merge
source: orders
target: dim_date
key: [date_id]
*/
-- Whole years around the orders, so that weeks, months and quarters at the edges are complete.
SELECT to_char(d, 'YYYYMMDD')::integer AS date_id, d::date AS date,
  extract(year FROM d)::smallint AS year, extract(quarter FROM d)::smallint AS quarter, extract(month FROM d)::smallint AS month,
  extract(week FROM d)::smallint AS week, extract(isoyear FROM d)::smallint AS iso_year, extract(day FROM d)::smallint AS day,
  (extract(dow FROM d) + 1)::smallint AS day_of_week, trim(to_char(d, 'Day')) AS day_name, trim(to_char(d, 'Month')) AS month_name,
  extract(dow FROM d) IN (0, 6) AS is_weekend, to_char(d, 'MMDD') IN ('0101', '0704', '1225') AS is_holiday
FROM (
  SELECT date_trunc('year', min(ordered_at)) AS first_day, date_trunc('year', max(ordered_at)) + interval '1 year - 1 day' AS last_day
  FROM imported.order_lines
) span, generate_series(span.first_day, span.last_day, interval '1 day') AS d
