/** What the rows themselves say of the mapping: one row per customer, orders of known customers, dates that can be. */
import type { Session } from '../../warehouse/index.ts'
import type { Finding } from './check.ts'
import type { Mapping, PartName } from './declaration.ts'
import { probe } from './probe.ts'
import { quoteAny, relationSql } from './sql-names.ts'

/** Customers of the orders that are looked up among the features. */
const LOOKED_UP = 1_000

/** Looks at the parts whose columns are right. */
export async function checkContents(session: Session, mapping: Mapping): Promise<Finding[]> {
  const { features, orders, products } = mapping
  return [
    ...(features === undefined
      ? []
      : await checkKey(session, { part: 'features', from: features, field: 'customer_id', column: features.customer_id })),
    ...(products === undefined
      ? []
      : await checkKey(session, { part: 'products', from: products, field: 'product_id', column: products.product_id })),
    ...(orders === undefined ? [] : await checkOrders(session, orders)),
    ...(features === undefined || orders === undefined ? [] : await checkKnown(session, features, orders)),
  ]
}

function finding(
  part: PartName,
  level: Finding['level'],
  [field, message, hint = null]: [string | null, string, (string | null)?],
): Finding {
  return { part, level, field, message, hint }
}

const count = (number: number): string => number.toLocaleString('en')
const countRows = (number: number): string => `${count(number)} ${number === 1 ? 'row' : 'rows'}`

interface Key {
  part: PartName
  from: { table?: string | undefined; query?: string | undefined }
  field: string
  column: string
}

/** Two rows of one customer would count every order twice. */
async function checkKey(session: Session, { part, from, field, column }: Key): Promise<Finding[]> {
  const key = `r.${quoteAny(column)}`
  const counted = await probe<{ n: string; filled: string; different: string }>(
    session,
    `SELECT count(*)::text AS n, count(${key})::text AS filled, count(DISTINCT ${key}::text)::text AS different FROM ${relationSql(from, 'r')}`,
  )
  if (counted.rows === null) return [unknown(part, field, counted.failure.message)]
  const [n, filled, different] = [counted.rows[0]?.n, counted.rows[0]?.filled, counted.rows[0]?.different].map(Number)
  const missing = (n ?? 0) - (filled ?? 0)
  const without = missing === 0 ? [] : [finding(part, 'warning', [field, `${countRows(missing)} without ${column}, left out`])]
  if (filled === different) return [finding(part, 'ok', [field, `${count(different ?? 0)} different values, each once`]), ...without]
  const { rows: doubled } = await probe<{ value: string }>(
    session,
    `SELECT ${key}::text AS value FROM ${relationSql(from, 'r')} WHERE ${key} IS NOT NULL GROUP BY 1 HAVING count(*) > 1 ORDER BY 1 LIMIT 3`,
  )
  const examples = (doubled ?? []).map(({ value }) => value).join(', ')
  return [
    finding(part, 'error', [
      field,
      `“${column}” is not unique: ${count((filled ?? 0) - (different ?? 0))} rows share a value with another one (${examples})`,
      'Name the column that is, or write a query with one row for each: SELECT DISTINCT ON (…) …',
    ]),
    ...without,
  ]
}

function unknown(part: PartName, field: string | null, message: string): Finding {
  return finding(part, 'warning', [field, `could not be looked at: ${message}`])
}

interface OrderCounts {
  n: string
  guests: string
  undated: string
  unpaid: string
  span: string
  ahead: boolean
}

async function checkOrders(session: Session, orders: NonNullable<Mapping['orders']>): Promise<Finding[]> {
  const who = `r.${quoteAny(orders.customer_id)}`
  const at = `r.${quoteAny(orders.ordered_at)}`
  const asked = await probe<OrderCounts>(
    session,
    `SELECT count(*)::text AS n, count(*) FILTER (WHERE ${who} IS NULL)::text AS guests, count(*) FILTER (WHERE ${at} IS NULL)::text AS undated,
       count(*) FILTER (WHERE r.${quoteAny(orders.amount)} IS NULL)::text AS unpaid, concat(min(${at}), ' to ', max(${at})) AS span,
       coalesce(max(${at})::timestamptz > now() + interval '1 day', false) AS ahead FROM ${relationSql(orders, 'r')}`,
  )
  if (asked.rows === null) return [unknown('orders', null, asked.failure.message)]
  return asked.rows.flatMap(sayOrders)
}

function sayOrders({ n, guests, undated, unpaid, span, ahead }: OrderCounts): Finding[] {
  if (n === '0') return [finding('orders', 'warning', [null, 'the table has no rows'])]
  const says = (field: string, rows: string, what: string): Finding[] =>
    rows === '0' ? [] : [finding('orders', 'warning', [field, `${countRows(Number(rows))} ${what}`])]
  return [
    finding('orders', 'ok', ['ordered_at', `${count(Number(n))} rows from ${span}`]),
    ...says('customer_id', guests, 'without a customer: in revenue, and for nobody'),
    ...says('ordered_at', undated, 'without a time, left out'),
    ...says('amount', unpaid, 'without an amount, counted as 0'),
    ...(ahead ? [finding('orders', 'warning', ['ordered_at', 'the newest order lies in the future; recency counts from it'])] : []),
  ]
}

async function checkKnown(
  session: Session,
  features: NonNullable<Mapping['features']>,
  orders: NonNullable<Mapping['orders']>,
): Promise<Finding[]> {
  const asked = await probe<{ looked: number; known: number; example: string | null }>(
    session,
    `WITH asked AS (SELECT DISTINCT r.${quoteAny(orders.customer_id)}::text AS id FROM ${relationSql(orders, 'r')} WHERE r.${quoteAny(orders.customer_id)} IS NOT NULL LIMIT ${String(LOOKED_UP)}),
       found AS (SELECT s.id, EXISTS (SELECT 1 FROM ${relationSql(features, 'f')} WHERE f.${quoteAny(features.customer_id)}::text = s.id) AS known FROM asked s)
     SELECT count(*)::int AS looked, count(*) FILTER (WHERE known)::int AS known, min(id) FILTER (WHERE NOT known) AS example FROM found`,
  )
  if (asked.rows === null) return [unknown('orders', 'customer_id', asked.failure.message)]
  const { looked = 0, known = 0, example = null } = asked.rows[0] ?? {}
  if (looked === known)
    return [finding('orders', 'ok', ['customer_id', `all of ${count(looked)} customers looked up are among the features`])]
  const message = `${count(looked - known)} of ${count(looked)} customers looked up are not among the features, such as ${example ?? ''}`
  return known === 0
    ? [
        finding('orders', 'error', [
          'customer_id',
          message,
          'Orders and features seem to know customers by different ids: look at both columns.',
        ]),
      ]
    : [finding('orders', 'warning', ['customer_id', `${message}: their orders count in revenue, and for nobody`])]
}
