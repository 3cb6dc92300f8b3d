/** Windows over carts and over what people look at. */
import { inSpan, windowOf, type WindowRule } from './window-rule.ts'

const TIME = 'event_timestamp'
const events = (table: string, length: string): string => `(SELECT *, ${windowOf(TIME, length)} FROM ${table} WHERE ${inSpan(TIME)}) e`

const count = (type: string): string => `count(*) FILTER (WHERE event_type = '${type}')`
const VALUE = `coalesce(sum(CASE event_type WHEN 'add_to_cart' THEN quantity WHEN 'remove_from_cart' THEN -quantity END * unit_price), 0)`

const rule = (table: string, select: string): WindowRule => ({ table, time: 'window_start', select })

export const CART_WINDOWS: readonly WindowRule[] = [
  rule(
    'cart_sessions',
    `SELECT window_start, window_end, session_id, max(user_id), ${count('add_to_cart')}, ${count('remove_from_cart')}, ${count('checkout')}, ${VALUE}
     FROM ${events('cart_events', '10 minutes')} GROUP BY window_start, window_end, session_id`,
  ),
  // A window of 30 minutes that begins every 10: each event is in three of them.
  rule(
    'abandoned_carts',
    `SELECT s.begins, s.begins + interval '30 minutes', session_id, max(user_id), ${count('add_to_cart')}, ${VALUE}, max(event_timestamp)
     FROM (SELECT *, ${windowOf(TIME, '10 minutes')} FROM cart_events
           WHERE event_timestamp >= $1::timestamptz AND event_timestamp < $2::timestamptz + interval '30 minutes') e
     CROSS JOIN LATERAL (SELECT window_start - n * interval '10 minutes' AS begins FROM generate_series(0, 2) n) s
     WHERE s.begins >= $1::timestamptz AND s.begins < $2::timestamptz
     GROUP BY s.begins, session_id HAVING ${count('add_to_cart')} > 0 AND ${count('checkout')} = 0`,
  ),
  rule(
    'cart_metrics',
    `SELECT window_start, window_end, count(DISTINCT session_id), ${count('add_to_cart')}, ${count('remove_from_cart')}, ${count('checkout')},
       round(100.0 * (${count('add_to_cart')} - ${count('checkout')}) / nullif(${count('add_to_cart')}, 0), 2)
     FROM ${events('cart_events', '10 minutes')} GROUP BY window_start, window_end`,
  ),
]

export const VIEW_WINDOWS: readonly WindowRule[] = [
  rule(
    'trending_products',
    `SELECT window_start, window_end, product_id, max(product_name), max(category), count(*), count(DISTINCT user_id), round(avg(product_price), 2)
     FROM ${events('product_view_events', '10 minutes')} GROUP BY window_start, window_end, product_id HAVING count(*) >= 5`,
  ),
  rule(
    'category_performance',
    `SELECT window_start, window_end, category, count(*), count(DISTINCT user_id), count(DISTINCT product_id)
     FROM ${events('product_view_events', '10 minutes')} GROUP BY window_start, window_end, category`,
  ),
  rule(
    'search_behavior',
    `SELECT window_start, window_end, search_query, count(*), count(DISTINCT user_id)
     FROM ${events('product_view_events', '10 minutes')} WHERE search_query IS NOT NULL GROUP BY window_start, window_end, search_query`,
  ),
  rule(
    'browsing_sessions',
    `SELECT window_start, window_end, session_id, max(user_id), count(*), count(DISTINCT product_id), count(DISTINCT category), coalesce(sum(view_duration), 0)
     FROM ${events('product_view_events', '10 minutes')} GROUP BY window_start, window_end, session_id`,
  ),
]
