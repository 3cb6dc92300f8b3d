/** Windows over transactions: sales, and what leaves the stock. */
import { inSpan, windowOf, type WindowRule } from './window-rule.ts'

const TIME = 'transaction_timestamp'
const lines = (length: string): string => `(SELECT *, ${windowOf(TIME, length)} FROM transactions WHERE ${inSpan(TIME)}) t`

/** Pieces per product and window. */
const units = (length: string): string =>
  `SELECT window_start, window_end, product_id, sum(quantity) AS units FROM ${lines(length)} GROUP BY window_start, window_end, product_id`

const rule = (table: string, select: string): WindowRule => ({ table, time: 'window_start', select })

export const SALES_WINDOWS: readonly WindowRule[] = [
  rule(
    'sales_per_minute',
    `SELECT window_start, window_end, count(DISTINCT transaction_id), sum(quantity), sum(quantity * unit_price),
       round(sum(quantity * unit_price) / count(DISTINCT transaction_id), 2)
     FROM ${lines('1 minute')} GROUP BY window_start, window_end`,
  ),
  rule(
    'sales_by_country',
    `SELECT window_start, window_end, country, count(DISTINCT transaction_id), sum(quantity * unit_price),
       round(sum(quantity * unit_price) / count(DISTINCT transaction_id), 2)
     FROM ${lines('1 minute')} GROUP BY window_start, window_end, country`,
  ),
  rule(
    'product_sales_velocity',
    `SELECT window_start, window_end, product_id, sum(quantity), count(DISTINCT transaction_id), sum(quantity * unit_price), round(sum(quantity) / 5.0, 2)
     FROM ${lines('5 minutes')} GROUP BY window_start, window_end, product_id`,
  ),
  rule(
    'inventory_by_country',
    `SELECT window_start, window_end, country, product_id, sum(quantity) FROM ${lines('10 minutes')} GROUP BY window_start, window_end, country, product_id`,
  ),
  rule(
    'high_demand_alerts',
    `SELECT window_start, window_end, product_id, units, CASE WHEN units >= 50 THEN 'critical' WHEN units >= 30 THEN 'high' ELSE 'medium' END
     FROM (${units('10 minutes')}) u WHERE units >= 20`,
  ),
  rule(
    'restock_alerts',
    `SELECT window_start, window_end, product_id, units, round(units / 5.0, 2), CASE WHEN units >= 15 THEN 'high' WHEN units >= 10 THEN 'medium' ELSE 'low' END
     FROM (${units('5 minutes')}) u WHERE units >= 5`,
  ),
  rule(
    'inventory_metrics',
    `SELECT window_start, window_end, count(*), sum(units), round(sum(units) / count(*), 2) FROM (${units('10 minutes')}) u GROUP BY window_start, window_end`,
  ),
]
