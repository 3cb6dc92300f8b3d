/** Fills the loyalty programme's operational database, each table by one COPY in one transaction. */
import type { Session } from '../../../warehouse/index.ts'
import { copyRows, type Cell } from '../copy-rows.ts'
import type { FillRequest, RowCounts } from '../generator.ts'
import { openNames } from '../names.ts'
import { drawMember, isoDate, todayOf, type Member } from './members.ts'
import { drawOffers, OFFER_COLUMNS, OFFERS, SEND_COLUMNS, stamp, type History } from './offers.ts'
import { loyaltySizes } from './sizes.ts'
import { drawSnapshots, SNAPSHOT_COLUMNS } from './snapshots.ts'
import { drawTransactions, TRANSACTION_COLUMNS } from './transactions.ts'

export const SOURCE = 'loyalty_source'

export const CUSTOMER_COLUMNS = [
  ...[
    'customer_number',
    'customer_id',
    'value_segment',
    'customer_status',
    'customer_tier',
    'first_name',
    'last_name',
    'city',
    'birth_date',
  ],
  ...['opened_on', 'last_transaction_at', 'total_revenue', 'transaction_count', 'lifetime_value', 'churn_score', 'active_products_count'],
  ...['data_usage_mb', 'credit_utilization', 'created_at', 'updated_at'],
]

/** A row of `customers`; `at` is when it was last changed. */
export function customerRow(member: Member, at: number): Cell[] {
  const { number, id, profile, status, tier, first_name, last_name, city, birthDate, openedOn, lastTransactionAt } = member
  return [
    ...[number, id, profile, status, tier, first_name, last_name, city, birthDate, isoDate(openedOn), stamp(lastTransactionAt)],
    ...[member.revenue, member.transactions, member.lifetimeValue, member.churnScore, member.products],
    ...[member.dataMegabytes, member.creditUtilization, stamp(openedOn), stamp(at)],
  ]
}

/** Rows by table. */
export async function fillLoyalty(request: FillRequest): Promise<RowCounts> {
  const { seed, until, scale, signal, say } = request
  const { customers } = loyaltySizes(scale, request.sizes)
  say(`Making ${customers.toLocaleString('en')} loyalty customers with offers, churn snapshots and transactions …`)
  const names = openNames(seed)
  const today = todayOf(until)
  const members = Array.from({ length: customers }, (_, index) => drawMember({ seed, names, today }, index + 1))
  const database = await request.database(SOURCE)
  return database.withTransaction((session) => copyAll(session, { members, history: { seed, until }, signal }))
}

interface Filling {
  members: readonly Member[]
  history: History
  signal: AbortSignal
}

async function copyAll(session: Session, { members, history, signal }: Filling): Promise<RowCounts> {
  const counts: RowCounts = {}
  const copy = async (table: string, columns: readonly string[], rows: Iterable<readonly Cell[]>): Promise<void> => {
    counts[`${SOURCE}.${table}`] = await copyRows(session, { table, columns }, { rows, signal })
  }
  await copy('offers', OFFER_COLUMNS, OFFERS)
  await copy(
    'customers',
    CUSTOMER_COLUMNS,
    members.map((member) => customerRow(member, member.lastTransactionAt)),
  )
  await copy('offer_sends', SEND_COLUMNS, rowsOf(members, history, drawOffers))
  await copy('churn_snapshots', SNAPSHOT_COLUMNS, rowsOf(members, history, drawSnapshots))
  await copy('transactions', TRANSACTION_COLUMNS, rowsOf(members, history, drawTransactions))
  await session.script('ANALYZE')
  return counts
}

type Draw = (member: Member, history: History) => Iterable<readonly Cell[]>

function* rowsOf(members: readonly Member[], history: History, draw: Draw): Generator<readonly Cell[]> {
  for (const member of members) yield* draw(member, history)
}
