/** What was known of each customer every 15 days, and whether they had left by then. */
import type { Cell } from '../copy-rows.ts'
import { openDice } from '../dice.ts'
import { DAY, isoDate, todayOf, type Member } from './members.ts'
import { HISTORY_DAYS, stamp, type History } from './offers.ts'
import { clampShare, round } from './profiles.ts'

/** Days from one snapshot to the next. */
export const SNAPSHOT_DAYS = 15
const SNAPSHOTS = HISTORY_DAYS / SNAPSHOT_DAYS
/** So long before they leave, customers show it. */
const DECLINE = 30 * DAY

export const SNAPSHOT_COLUMNS = [
  ...['customer_id', 'snapshot_date', 'total_revenue', 'transaction_count', 'days_since_last_transaction', 'avg_transaction_value'],
  ...['lifetime_value', 'churn_score', 'churned', 'churn_date', 'created_at', 'updated_at'],
]

/**
 * Twelve snapshots of one customer. The churn date stands only in snapshots from that date on: before, nobody could know it,
 * and a model that learned from it would be a cheat. Shifted churn scores stay between 0 and 1.
 */
export function* drawSnapshots(member: Member, { seed, until }: History): Generator<readonly Cell[]> {
  const dice = openDice(seed, `snapshots/${String(member.number)}`)
  const today = todayOf(until)
  const leaves = member.churnScore > 0.7 || dice.chance(0.15)
  const left = today - dice.int(1, 90) * DAY
  const score = round(clampShare(member.churnScore + (leaves ? 0.1 : -0.05)), 4)
  for (let index = 0; index < SNAPSHOTS; index += 1) {
    const date = today - (HISTORY_DAYS - index * SNAPSHOT_DAYS) * DAY
    const declines = leaves && date >= left - DECLINE
    const churned = leaves && date >= left
    const [recency, revenue] = [declines ? dice.int(60, 180) : dice.int(1, 30), member.revenue * (declines ? 0.5 : 1)]
    const transactions = declines ? Math.max(1, Math.round(member.transactions * 0.3)) : member.transactions
    yield [
      ...[member.id, isoDate(date), round(revenue, 2), transactions, recency],
      // Halved like the revenue, whatever becomes of the count.
      round(revenue / member.transactions, 2),
      ...[round(member.lifetimeValue * (declines ? 0.5 : 1), 2), score, churned, churned ? isoDate(left) : null],
      ...[stamp(date), stamp(date)],
    ]
  }
}
