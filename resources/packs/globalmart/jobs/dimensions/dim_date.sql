/*
kind: calendar
source: orders
target: dim_date
key: [date_id]
# Whole years around the orders, carts and views, so that weeks, months and quarters at the edges are complete.
around: { table: imported.event_times, column: happened_at }
week_start: sunday
holidays: [01-01, 07-04, 12-25]
after: [land_order_lines, land_cart_events, land_product_views]
*/
