/** Transactions that are out of the ordinary, and their statistics. */
import { inSpan, windowOf, type WindowRule } from './window-rule.ts'

const TIME = 'transaction_timestamp'
const TRANSACTIONS = `(SELECT transaction_id, max(user_id) AS user_id, min(${TIME}) AS at, sum(quantity) AS pieces, sum(quantity * unit_price) AS amount
  FROM transactions WHERE ${inSpan(TIME)} GROUP BY transaction_id) t`

export const ANOMALY_WINDOWS: readonly WindowRule[] = [
  {
    table: 'high_value_anomalies',
    time: TIME,
    select: `SELECT transaction_id, user_id, at, amount, CASE WHEN amount >= 10000 THEN 'critical' WHEN amount >= 6500 THEN 'high' ELSE 'medium' END
      FROM ${TRANSACTIONS} WHERE amount >= 3000`,
  },
  {
    table: 'high_quantity_anomalies',
    time: TIME,
    select: `SELECT transaction_id, user_id, at, pieces, CASE WHEN pieces >= 100 THEN 'critical' WHEN pieces >= 75 THEN 'high' ELSE 'medium' END
      FROM ${TRANSACTIONS} WHERE pieces >= 50`,
  },
  {
    table: 'suspicious_patterns',
    time: 'window_start',
    select: `SELECT window_start, window_end, user_id, count(*), sum(amount), 'high'
      FROM (SELECT *, ${windowOf('at', '1 minute')} FROM ${TRANSACTIONS} WHERE amount >= 1000) w
      GROUP BY window_start, window_end, user_id HAVING count(*) >= 2`,
  },
  {
    table: 'anomaly_stats',
    time: 'window_start',
    select: `SELECT window_start, window_end, kind, count(*), count(DISTINCT user_id)
      FROM (SELECT kind, user_id, ${windowOf('at', '10 minutes')} FROM (
        SELECT 'high_value' AS kind, user_id, ${TIME} AS at FROM high_value_anomalies WHERE ${inSpan(TIME)}
        UNION ALL SELECT 'high_quantity', user_id, ${TIME} FROM high_quantity_anomalies WHERE ${inSpan(TIME)}
        UNION ALL SELECT 'suspicious_pattern', user_id, window_start FROM suspicious_patterns WHERE ${inSpan('window_start')}) a) w
      GROUP BY window_start, window_end, kind`,
  },
]
