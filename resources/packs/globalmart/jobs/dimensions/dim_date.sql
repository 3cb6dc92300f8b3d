/*
kind: calendar
source: orders
target: dim_date
key: [date_id]
# Whole years around the orders, so that weeks, months and quarters at the edges are complete.
around: { table: imported.order_lines, column: ordered_at }
week_start: sunday
holidays: [01-01, 07-04, 12-25]
*/
