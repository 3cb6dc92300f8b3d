/** The kinds of changes of a living programme, each one statement for all of a tick. Each answers with its number of rows. */
import type { Names } from '../names.ts'
import { copyRows } from '../copy-rows.ts'
import { CUSTOMER_COLUMNS, customerRow } from './fill.ts'
import { drawMember, type Member } from './members.ts'
import { drawPoints, stamp } from './offers.ts'
import { SNAPSHOT_DAYS } from './snapshots.ts'
import { drawTransaction, FEWEST_TRANSACTIONS, referenceOf } from './transactions.ts'
import type { Tick } from './live.ts'

/** Late rows come so many minutes behind their own stamp at most; the jobs look back for 10. */
const MOST_LATE = 8 * 60_000

const times = <T>(count: number, make: (index: number) => T): T[] => Array.from({ length: count }, (_, index) => make(index))
const momentIn = ({ dice, from, to }: Tick): number => dice.int(from, Math.max(from, to - 1))

/** Members who join now. */
export async function addMembers(tick: Tick, { count, names, today }: { count: number; names: Names; today: number }): Promise<number> {
  const { seed, session, customers } = tick
  const joined = times(count, (index): Member => {
    const drawn = drawMember({ seed, names, today }, customers + 1 + index, 'new')
    const nothing = { revenue: 0, transactions: 0, lifetimeValue: 0, accountAgeDays: 0, tier: 'bronze' }
    return { ...drawn, ...nothing, openedOn: today }
  })
  const rows = joined.map((member) => {
    const row = customerRow(member, momentIn(tick))
    // Nothing bought yet.
    row[CUSTOMER_COLUMNS.indexOf('last_transaction_at')] = null
    return row
  })
  if (count > 0) await copyRows(session, { table: 'customers', columns: CUSTOMER_COLUMNS }, { rows, signal: new AbortController().signal })
  return count
}

/** New transactions, and with them the customers' totals. A redemption earns no revenue. */
export async function addTransactions(tick: Tick, { count, late }: { count: number; late: number }): Promise<number> {
  const { session, dice, from, customers } = tick
  const drawn = times(count + late, (index) => {
    const moment = index < count ? momentIn(tick) : from - 1 - dice.int(0, MOST_LATE)
    const reference = `L${(from / 1000).toString(36)}-${String(index)}`
    return { ...drawTransaction(dice), reference, number: dice.int(1, customers), moment: stamp(moment) }
  })
  if (drawn.length === 0) return 0
  const { rows } = await session.query<{ rows: number }>(
    `WITH drawn AS (
       SELECT * FROM unnest($1::text[], $2::int[], $3::timestamptz[], $4::text[], $5::numeric[], $6::numeric[], $7::numeric[])
         AS d (reference, customer_number, moment, type, amount, earned, redeemed)
     ), added AS (
       INSERT INTO transactions (transaction_reference, customer_id, transacted_at, transaction_type, amount, points_earned, points_redeemed, created_at, updated_at)
       SELECT d.reference, c.customer_id, d.moment, d.type, d.amount, d.earned, d.redeemed, d.moment, d.moment
       FROM drawn d JOIN customers c USING (customer_number) WHERE d.moment >= c.created_at ON CONFLICT DO NOTHING RETURNING *
     ), sums AS (
       SELECT customer_id, count(*) AS n, coalesce(sum(amount) FILTER (WHERE transaction_type <> 'redemption'), 0) AS revenue, max(transacted_at) AS moment
       FROM added GROUP BY customer_id
     ), changed AS (
       UPDATE customers c SET total_revenue = c.total_revenue + s.revenue, transaction_count = c.transaction_count + s.n,
         lifetime_value = c.lifetime_value + s.revenue, last_transaction_at = greatest(c.last_transaction_at, s.moment), updated_at = greatest(c.updated_at, s.moment)
       FROM sums s WHERE s.customer_id = c.customer_id
     ) SELECT count(*)::int AS rows FROM added`,
    [
      ...[drawn.map((one) => one.reference), drawn.map((one) => one.number), drawn.map((one) => one.moment), drawn.map((one) => one.type)],
      ...[drawn.map((one) => one.amount), drawn.map((one) => one.earned), drawn.map((one) => one.redeemed)],
    ],
  )
  return rows[0]?.rows ?? 0
}

/** Transactions that are taken back, with what they did to the customers' totals. */
export async function voidTransactions(tick: Tick, count: number): Promise<number> {
  const { session, dice, customers } = tick
  const references = times(count, () => referenceOf(dice.int(1, customers), dice.int(1, FEWEST_TRANSACTIONS)))
  if (count === 0) return 0
  const { rows } = await session.query<{ customer_id: string }>(
    `UPDATE transactions SET voided = true, updated_at = $2 WHERE transaction_reference = ANY ($1) AND NOT voided RETURNING customer_id`,
    [references, stamp(momentIn(tick))],
  )
  await session.query(
    `WITH gone AS (
       SELECT customer_id, count(*) AS n, coalesce(sum(amount) FILTER (WHERE transaction_type <> 'redemption'), 0) AS revenue, max(updated_at) AS moment
       FROM transactions WHERE transaction_reference = ANY ($1) AND voided AND updated_at >= $2 GROUP BY customer_id)
     UPDATE customers c SET total_revenue = greatest(c.total_revenue - g.revenue, 0), transaction_count = greatest(c.transaction_count - g.n, 0),
       last_transaction_at = (SELECT max(t.transacted_at) FROM transactions t WHERE t.customer_id = c.customer_id AND NOT t.voided),
       updated_at = greatest(c.updated_at, g.moment)
     FROM gone g WHERE g.customer_id = c.customer_id`,
    [references, stamp(tick.from)],
  )
  return rows.length
}

/** Offers that are sent now, with what the customers are like now. */
export async function sendOffers(tick: Tick, count: number): Promise<number> {
  const { session, dice, customers } = tick
  if (count === 0) return 0
  const drawn = times(count, () => ({ number: dice.int(1, customers), offer: dice.int(1, 8), moment: stamp(momentIn(tick)) }))
  const { count: sent } = await session.query(
    `INSERT INTO offer_sends (customer_id, offer_id, sent_at, total_revenue, transaction_count, days_since_last_transaction, avg_transaction_value,
       lifetime_value, churn_score, created_at, updated_at)
     SELECT c.customer_id, d.offer_id, d.moment, c.total_revenue, c.transaction_count,
       greatest((d.moment AT TIME ZONE 'UTC')::date - (c.last_transaction_at AT TIME ZONE 'UTC')::date, 0),
       round(c.total_revenue / greatest(c.transaction_count, 1), 2), c.lifetime_value, c.churn_score, d.moment, d.moment
     FROM unnest($1::int[], $2::int[], $3::timestamptz[]) AS d (customer_number, offer_id, moment) JOIN customers c USING (customer_number)
     WHERE d.moment >= c.created_at ON CONFLICT DO NOTHING`,
    [drawn.map((one) => one.number), drawn.map((one) => one.offer), drawn.map((one) => one.moment)],
  )
  return sent
}

/** The newest open offer of some customers goes one step on: opened, clicked, taken. */
export async function moveOffers(tick: Tick, count: number): Promise<number> {
  const { session, dice, customers } = tick
  if (count === 0) return 0
  const drawn = times(count, () => ({ number: dice.int(1, customers), points: drawPoints(dice, dice.int(1, 8)) }))
  const { count: moved } = await session.query(
    `WITH drawn AS (
       SELECT DISTINCT ON (customer_number) * FROM unnest($1::int[], $2::numeric[]) AS d (customer_number, points) ORDER BY customer_number, points
     ), open AS (
       SELECT DISTINCT ON (s.customer_id) s.customer_id, s.sent_at, s.offer_id, d.points
       FROM drawn d JOIN customers c USING (customer_number) JOIN offer_sends s USING (customer_id)
       WHERE s.converted_at IS NULL AND s.updated_at < $3 ORDER BY s.customer_id, s.sent_at DESC, s.offer_id)
     UPDATE offer_sends s SET opened_at = coalesce(s.opened_at, $3),
       clicked_at = CASE WHEN s.opened_at IS NOT NULL THEN coalesce(s.clicked_at, $3) END,
       converted_at = CASE WHEN s.clicked_at IS NOT NULL THEN $3::timestamptz END,
       converted_offer_id = CASE WHEN s.clicked_at IS NOT NULL THEN s.offer_id END,
       points_earned = CASE WHEN s.clicked_at IS NOT NULL THEN o.points ELSE s.points_earned END, updated_at = $3
     FROM open o WHERE (s.customer_id, s.sent_at, s.offer_id) = (o.customer_id, o.sent_at, o.offer_id)`,
    [drawn.map((one) => one.number), drawn.map((one) => one.points), stamp(momentIn(tick))],
  )
  return moved
}

/** Some move house, some get another status, and their churn score moves a little, within 0 and 1. */
export async function changeCustomers(tick: Tick, count: number): Promise<number> {
  const { session, dice, customers } = tick
  if (count === 0) return 0
  const { count: changed } = await session.query(
    `WITH drawn AS (
       SELECT DISTINCT ON (customer_number) * FROM unnest($1::int[], $2::numeric[], $3::text[], $4::int[]) AS d (customer_number, shift, status, neighbour)
       ORDER BY customer_number, shift)
     UPDATE customers c SET churn_score = least(1, greatest(0, c.churn_score + d.shift)), customer_status = d.status, city = n.city,
       customer_tier = CASE WHEN c.lifetime_value >= 10000 THEN 'platinum' WHEN c.lifetime_value >= 5000 THEN 'gold' WHEN c.lifetime_value >= 1000 THEN 'silver' ELSE 'bronze' END,
       updated_at = greatest(c.updated_at, $5)
     FROM drawn d JOIN customers n ON n.customer_number = d.neighbour WHERE c.customer_number = d.customer_number`,
    [
      times(count, () => dice.int(1, customers)),
      times(count, () => (dice.float() - 0.5) / 5),
      times(count, () => dice.pick(['active', 'active', 'active', 'inactive', 'suspended'])),
      times(count, () => dice.int(1, customers)),
      stamp(momentIn(tick)),
    ],
  )
  return changed
}

/** A snapshot of everybody when 15 days have gone since the last one. Who was suspended meanwhile has left. */
export async function addSnapshots({ session, from }: Tick): Promise<number> {
  const { count } = await session.query(
    `WITH last AS (SELECT max(snapshot_date) AS day FROM churn_snapshots), today AS (SELECT ($1::timestamptz AT TIME ZONE 'UTC')::date AS day)
     INSERT INTO churn_snapshots (customer_id, snapshot_date, total_revenue, transaction_count, days_since_last_transaction, avg_transaction_value,
       lifetime_value, churn_score, churned, churn_date, created_at, updated_at)
     SELECT c.customer_id, t.day, c.total_revenue, c.transaction_count, greatest(t.day - (c.last_transaction_at AT TIME ZONE 'UTC')::date, 0),
       round(c.total_revenue / greatest(c.transaction_count, 1), 2), c.lifetime_value, c.churn_score,
       p.churned OR c.customer_status = 'suspended', CASE WHEN p.churned THEN p.churn_date WHEN c.customer_status = 'suspended' THEN t.day END, $1, $1
     FROM customers c CROSS JOIN today t JOIN last l ON l.day + ${String(SNAPSHOT_DAYS)} <= t.day
     LEFT JOIN churn_snapshots s ON s.customer_id = c.customer_id AND s.snapshot_date = l.day
     CROSS JOIN LATERAL (SELECT coalesce(s.churned, false) AS churned, s.churn_date) p
     WHERE c.created_at <= $1 ON CONFLICT DO NOTHING`,
    [stamp(from)],
  )
  return count
}
