/**
 * Changes of a source in their order, as a replication slot gives them: beside the row's own columns `change` (insert, update,
 * delete, truncate), `change_order`, and `unchanged_columns`, the names of large values that did not change and were not sent.
 *
 * Only the last change of a key counts, and of those before the last truncate none. A value that was not sent is the one of
 * the key's change before, or the target's. A feed that reads its table as a whole again says so (`extent`), and then the
 * keys that it does not have are gone.
 */
import { Failure } from '../../../shared/failure.ts'
import { quoteIdentifier, quoteList, quoteLiteral, quoteQualified, type Session } from '../../warehouse/index.ts'
import type { LoadOutcome } from '../load-kind.ts'
import { STAGING } from '../staging-table.ts'
import { columnsOf, requireColumns, sameKey, sharedColumns, splitKey, type SharedColumn } from './columns.ts'
import { deleteKeys, reloadByKey, withDeletions, type DeletionContext, type KeyedJob } from './deletions.ts'
import { rowsInWords } from './rows-in-words.ts'
import { loadMerge } from './upsert.ts'

/** Columns that steer the load and are never loaded. */
const STEERING = ['change', 'change_order', 'unchanged_columns'] as const
const [LATEST, PRESENT] = ['pg_temp.latest', 'pg_temp.present']
/** Of the last truncate; changes before it have no effect any more. */
const FLOOR = `(SELECT coalesce(max(change_order), -1) FROM ${STAGING} WHERE change = 'truncate')`

/** Loads the batch of changes. Errors: `load.change-without-key`, `load.change-without-row`, `load.still-referenced`. */
export async function loadChanges(context: DeletionContext, job: KeyedJob): Promise<LoadOutcome> {
  const { session, dryRun, isReplay, staged } = context
  const { target, key } = job
  requireColumns(STEERING, await columnsOf(session, STAGING), '“changes: true”')
  await refuseKeyless(session, job)
  await session.script(`
    CREATE TEMP TABLE latest ON COMMIT DROP AS
    SELECT DISTINCT ON (${quoteList(key)}) * FROM ${STAGING} WHERE change <> 'truncate' AND change_order > ${FLOOR}
    ORDER BY ${quoteList(key)}, change_order DESC;
    ANALYZE ${LATEST}`)
  await fillUnsent(session, job)
  const { changes, asked, truncates } = await countChanges(session)
  const emptied = truncates === 0 ? 0 : await deleteAllBut(session, job)
  const gone = asked === 0 ? 0 : await deleteKeys(session, { target, key, from: LATEST, where: `s.change = 'delete'` })
  await session.script(`
    CREATE TEMP TABLE present ON COMMIT DROP AS SELECT * FROM ${LATEST} WHERE change <> 'delete';
    ALTER TABLE ${PRESENT} ${STEERING.map((name) => `DROP COLUMN ${name}`).join(', ')};
    ANALYZE ${PRESENT}`)
  const isWhole = (context.reload || context.extent === 'full') && !isReplay
  const loaded = isWhole
    ? await reloadByKey(context, job, { from: PRESENT, rows: changes - asked })
    : { counts: await loadMerge(session, { target, key, from: PRESENT, dryRun }), note: null }
  return withOvertaken(withDeletions(loaded, { asked, gone }), { overtaken: staged - changes - truncates, truncates, emptied })
}

interface Overtaken {
  /** Changes that a later one of their key, or a truncate, made void. */
  overtaken: number
  truncates: number
  /** Rows that a truncate took. */
  emptied: number
}

function withOvertaken(outcome: LoadOutcome, { overtaken, truncates, emptied }: Overtaken): LoadOutcome {
  const { counts, note, removed = 0, deleted = 0 } = outcome
  const said = [
    ...(note === null ? [] : [note]),
    ...(truncates === 0 ? [] : [`${rowsInWords(emptied)} removed: the table was emptied at the source`]),
    ...(overtaken === 0
      ? []
      : [overtaken === 1 ? '1 change overtaken by a later one' : `${overtaken.toLocaleString('en')} changes overtaken by later ones`]),
  ]
  return {
    ...outcome,
    counts: { ...counts, unchanged: counts.unchanged + overtaken + truncates },
    removed: removed + emptied,
    deleted: deleted + emptied,
    note: said.length === 0 ? null : said.join('; '),
  }
}

async function refuseKeyless(session: Session, { target, key }: KeyedJob): Promise<void> {
  const missing = key.map((name) => `${quoteIdentifier(name)} IS NULL`).join(' OR ')
  const { rows } = await session.query<{ n: string }>(
    `SELECT count(*)::text AS n FROM ${STAGING} WHERE change <> 'truncate' AND (${missing})`,
  )
  if (rows[0]?.n === '0') return
  throw new Failure({
    kind: 'stop',
    code: 'load.change-without-key',
    message: `${rows[0]?.n ?? ''} changes for ${target} come without ${key.join(', ')}, so that nobody can tell which row they mean`,
    hint: 'At the source the columns of “key” must be the table’s replica identity: its primary key, or ALTER TABLE … REPLICA IDENTITY.',
  })
}

async function countChanges(session: Session): Promise<{ changes: number; asked: number; truncates: number }> {
  const { rows } = await session.query<{ changes: string; asked: string; truncates: string }>(`
    SELECT count(*)::text AS changes, count(*) FILTER (WHERE change = 'delete')::text AS asked,
      (SELECT count(*) FROM ${STAGING} WHERE change = 'truncate')::text AS truncates FROM ${LATEST}`)
  return { changes: Number(rows[0]?.changes), asked: Number(rows[0]?.asked), truncates: Number(rows[0]?.truncates) }
}

/** After a truncate the target has only what came behind it. */
async function deleteAllBut(session: Session, { target, key }: KeyedJob): Promise<number> {
  const { keys } = splitKey(await sharedColumns(session, { target, batch: LATEST }), key)
  const kept = `SELECT 1 FROM ${LATEST} s WHERE s.change <> 'delete' AND ${sameKey(keys, 't', 's')}`
  const sql = `DELETE FROM ${quoteQualified(target)} t WHERE NOT EXISTS (${kept})`
  return (await session.query(sql)).count
}

/** Puts values that were not sent where they belong, from the change before, or from the target's row. */
async function fillUnsent(session: Session, { target, key }: KeyedJob): Promise<void> {
  const columns = await sharedColumns(session, { target, batch: LATEST, except: STEERING })
  const { keys, others } = splitKey(columns, key)
  const { rows } = await session.query<{ name: string }>(
    `SELECT DISTINCT unnest(unchanged_columns) AS name FROM ${LATEST} WHERE change <> 'delete'`,
  )
  const unsent = others.filter(({ name }) => rows.some((row) => row.name === name))
  for (const column of unsent) {
    await session.query(fromChangeBefore(column, key))
    await session.query(fromTarget(column, target, keys))
  }
  if (unsent.length > 0) await refuseUnknown(session, { target, unsent })
}

const isUnsent = (alias: string, { name }: SharedColumn): string =>
  `${quoteLiteral(name)} = ANY (coalesce(${alias}.unchanged_columns, '{}'))`
const nowKnown = ({ name }: SharedColumn): string => `unchanged_columns = array_remove(l.unchanged_columns, ${quoteLiteral(name)})`

/** A delete in between ended the row that had the value. */
const endedAfter = (key: readonly string[], alias: string, order: string): string => `EXISTS (
  SELECT 1 FROM ${STAGING} d WHERE d.change = 'delete' AND d.change_order > ${order}
    AND ${key.map((name) => `d.${quoteIdentifier(name)} = ${alias}.${quoteIdentifier(name)}`).join(' AND ')})`

function fromChangeBefore(column: SharedColumn, key: readonly string[]): string {
  const value = quoteIdentifier(column.name)
  return `
    UPDATE ${LATEST} l SET ${value} = h.${value}, ${nowKnown(column)}
    FROM (
      SELECT DISTINCT ON (${quoteList(key, 'h')}) h.* FROM ${STAGING} h
      WHERE h.change IN ('insert', 'update') AND h.change_order > ${FLOOR} AND NOT ${isUnsent('h', column)}
        AND NOT ${endedAfter(key, 'h', 'h.change_order')}
      ORDER BY ${quoteList(key, 'h')}, h.change_order DESC) h
    WHERE ${key.map((name) => `h.${quoteIdentifier(name)} = l.${quoteIdentifier(name)}`).join(' AND ')} AND l.change <> 'delete' AND ${isUnsent('l', column)}`
}

function fromTarget(column: SharedColumn, target: string, keys: readonly SharedColumn[]): string {
  const value = quoteIdentifier(column.name)
  const names = keys.map(({ name }) => name)
  return `
    UPDATE ${LATEST} l SET ${value} = t.${value}, ${nowKnown(column)} FROM ${quoteQualified(target)} t
    WHERE ${sameKey(keys, 't', 'l')} AND l.change <> 'delete' AND ${isUnsent('l', column)}
      AND ${FLOOR} < 0 AND NOT ${endedAfter(names, 'l', '-1')}`
}

/** An insert may lack a column that was added later: that one has no value yet. An update must find its row. */
async function refuseUnknown(session: Session, { target, unsent }: { target: string; unsent: readonly SharedColumn[] }): Promise<void> {
  const any = unsent.map((column) => isUnsent('l', column)).join(' OR ')
  const { rows } = await session.query<{ n: string }>(`SELECT count(*)::text AS n FROM ${LATEST} l WHERE l.change = 'update' AND (${any})`)
  if (rows[0]?.n === '0') return
  throw new Failure({
    kind: 'stop',
    code: 'load.change-without-row',
    message: `${rows[0]?.n ?? ''} updates leave out large values that did not change, but ${target} does not have their rows`,
    hint: 'The target misses rows of the source: load it anew with --full-reload.',
  })
}
