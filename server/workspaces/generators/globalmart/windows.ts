/**
 * The windows that the shop's stream processing keeps of its events, by its rules, computed by sets: all windows that begin
 * in a span are made anew. Spans are widened to whole hours, of which every window length is a part.
 */
import { toIso } from '../../../../shared/time.ts'
import type { Session } from '../../../warehouse/index.ts'
import type { RowCounts } from '../generator.ts'
import { ANOMALY_WINDOWS } from './windows-anomalies.ts'
import type { WindowRule } from './window-rule.ts'
import { CART_WINDOWS, VIEW_WINDOWS } from './windows-carts.ts'
import { SALES_WINDOWS } from './windows-sales.ts'

const HOUR = 3_600_000

// Anomalies come before their statistics.
const RULES: readonly WindowRule[] = [...SALES_WINDOWS, ...CART_WINDOWS, ...VIEW_WINDOWS, ...ANOMALY_WINDOWS]

/** Makes the windows of a span anew; returns the rows by table. Errors: those of the source's database. */
export async function refreshWindows(session: Session, { from, to }: { from: number; to: number }): Promise<RowCounts> {
  // Sliding windows that begin up to 30 minutes earlier see these events too.
  const span = [toIso(Math.floor(from / HOUR - 1) * HOUR), toIso(Math.ceil(to / HOUR) * HOUR)]
  const counts: RowCounts = {}
  for (const { table, time, select } of RULES) {
    await session.query(`DELETE FROM ${table} WHERE ${time} >= $1::timestamptz AND ${time} < $2::timestamptz`, span)
    counts[`realtime.${table}`] = (await session.query(`INSERT INTO ${table} ${select}`, span)).count
  }
  return counts
}
