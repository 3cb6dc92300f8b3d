/**
 * Changes of a replication feed as observations. The feed tells them in the order of their commits; each is one statement
 * about its key at the time of the commit. Of several with one time the last counts.
 */
import { Failure } from '../../../shared/failure.ts'
import { quoteIdentifier, quoteList, type Session } from '../../warehouse/index.ts'
import { FOREVER, listed, sameKey, type HistoryRequest, type HistoryShape } from './history-request.ts'

/** Columns that a feed's rows have beside the table's own; `unchanged_columns` may be left out by the job's SQL. */
export const CHANGE_COLUMNS = ['change', 'commit_lsn', 'committed_at', 'change_order'] as const
const UNCHANGED = 'unchanged_columns'

// Commit times may step back with the source's clock, positions never do: a later change is never put before an earlier one.
const IN_ORDER = 'ORDER BY q_lsn, q_order'

/** Makes `pg_temp.change` in the shape that `observe` reads. Errors: `load.change-without-key`, `load.change-without-row`. */
export async function landChanges(session: Session, shape: HistoryShape, columns: readonly string[]): Promise<void> {
  const { from, key, track, update, target } = shape.request
  await refuseKeyless(session, shape.request)
  const isPartly = columns.includes(UNCHANGED) && (await hasUnchanged(session, from))
  const unknown = isPartly ? 'q_unknown' : 'false'
  await session.script(`
    CREATE TEMP TABLE change ON COMMIT DROP AS
    WITH told AS (${toldSql(shape, isPartly)}), timed AS (
      SELECT *, max(q_time) OVER (PARTITION BY ${quoteList(key)} ${IN_ORDER}) AS q_at FROM told
    ), whole AS (${isPartly ? wholeSql(shape) : 'SELECT * FROM timed'})
    SELECT DISTINCT ON (${quoteList(key)}, q_at) ${quoteList([...key, ...track, ...update])}, q_at, q_said_at, q_gone, q_spread, ${unknown} AS q_unknown
    FROM whole ORDER BY ${quoteList(key)}, q_at, q_lsn DESC, q_order DESC`)
  if (isPartly) await refuseUnknown(session, target)
}

async function refuseKeyless(session: Session, { from, key, target }: HistoryRequest): Promise<void> {
  const missing = key.map((name) => `${quoteIdentifier(name)} IS NULL`).join(' OR ')
  const { rows } = await session.query<{ n: string }>(`SELECT count(*)::text AS n FROM ${from} WHERE change <> 'truncate' AND (${missing})`)
  if (rows[0]?.n === '0') return
  throw new Failure({
    kind: 'stop',
    code: 'load.change-without-key',
    message: `${rows[0]?.n ?? ''} changes for ${target} come without ${key.join(', ')}, so that nobody can tell whose they are`,
    hint: 'At the source the columns of “key” must be the table’s replica identity: its primary key, or ALTER TABLE … REPLICA IDENTITY.',
  })
}

async function refuseUnknown(session: Session, target: string): Promise<void> {
  const { rows } = await session.query<{ n: string }>('SELECT count(*)::text AS n FROM pg_temp.change WHERE q_unknown')
  if (rows[0]?.n === '0') return
  throw new Failure({
    kind: 'stop',
    code: 'load.change-without-row',
    message: `${rows[0]?.n ?? ''} updates leave out large values that did not change, but ${target} does not have them`,
    hint: 'The history misses rows of the source: read them all again with --full-reload.',
  })
}

async function hasUnchanged(session: Session, from: string): Promise<boolean> {
  const { rows } = await session.query(`SELECT 1 FROM ${from} WHERE cardinality(${UNCHANGED}::text[]) > 0 LIMIT 1`)
  return rows.length > 0
}

/** The feed's rows in the target's types; a truncation is an end of every key that there is or was in the batch. */
function toldSql({ request, table, typed, missing }: HistoryShape, isPartly: boolean): string {
  const { from, key, track, update } = request
  const supplied = [...track, ...update]
  const marks = (spread: boolean): string =>
    `b.committed_at::timestamptz AS q_time, b.committed_at::timestamptz AS q_said_at, b.commit_lsn::text::pg_lsn AS q_lsn, b.change_order::bigint AS q_order, ${String(spread)} AS q_spread`
  const typedKey = key.map((name) => `${typed(name, 'b')} AS ${quoteIdentifier(name)}`)
  const unchanged = isPartly ? `coalesce(b.${UNCHANGED}::text[], '{}')` : `'{}'::text[]`
  return `
    SELECT ${listed([...typedKey, ...supplied.map((name) => `${typed(name, 'b')} AS ${quoteIdentifier(name)}`)])}
      b.change = 'delete' AS q_gone, b.change = 'insert' AS q_fresh, ${unchanged} AS q_unchanged, ${marks(false)}
    FROM ${from} b WHERE b.change <> 'truncate'
    UNION ALL
    SELECT ${quoteList(key, 'k')}, ${listed(supplied.map(missing))}true, false, '{}'::text[], ${marks(true)}
    FROM ${from} b CROSS JOIN (
      SELECT ${quoteList(key)} FROM ${table} WHERE effective_to = ${FOREVER}
      UNION SELECT ${typedKey.join(', ')} FROM ${from} b WHERE b.change <> 'truncate'
    ) k WHERE b.change = 'truncate'`
}

/**
 * A large value that did not change is not sent again: it is the one that the key had before. A row that was inserted had
 * none before, one that was deleted has none after.
 */
function wholeSql({ request, table, missing }: HistoryShape): string {
  const { key, track, update } = request
  const keys = quoteList(key, 'g')
  const supplied = [...track, ...update]
  const groups = supplied.map(
    (name, index) =>
      `count(*) FILTER (WHERE q_gone OR q_fresh OR NOT '${name}' = ANY(q_unchanged)) OVER (PARTITION BY ${keys} ${IN_ORDER}) AS q_group_${String(index)}`,
  )
  const values = supplied.map((name, index) => {
    const [column, group] = [quoteIdentifier(name), `q_group_${String(index)}`]
    const said = `first_value(CASE WHEN q_gone THEN ${missing(name)} ELSE ${column} END) OVER (PARTITION BY ${keys}, ${group} ${IN_ORDER})`
    return `CASE WHEN ${group} = 0 THEN v.${column} ELSE ${said.replaceAll(column, `g.${column}`)} END AS ${column}`
  })
  const isUnknown = supplied.map((_, index) => `q_group_${String(index)} = 0`).join(' OR ')
  return `
    SELECT ${listed([...key.map((name) => `g.${quoteIdentifier(name)}`), ...values])}q_at, q_said_at, q_gone, q_spread, q_lsn, q_order,
      v.effective_from IS NULL AND (${isUnknown}) AS q_unknown
    FROM (SELECT *, ${groups.join(', ')} FROM timed g) g LEFT JOIN LATERAL (
      SELECT * FROM ${table} v WHERE ${sameKey(key, 'v', 'g')} AND v.effective_from <= g.q_at ORDER BY v.effective_from DESC LIMIT 1
    ) v ON true`
}
