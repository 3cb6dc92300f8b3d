/** The merge itself, for every kind that knows its rows by a key. */
import { NO_COUNTS, type StepCounts } from '../../../shared/run.ts'
import { quoteIdentifier, quoteList, quoteQualified, type Session } from '../../warehouse/index.ts'
import { STAGING } from '../staging-table.ts'
import { insertAll } from './bulk.ts'
import { differs, sharedColumns, splitKey } from './columns.ts'
import { hasRows } from './replace/extract.ts'

export interface MergeRequest {
  target: string
  key: readonly string[]
  /** Table that holds the batch; staging unless a job made its own. */
  from?: string
  /** Columns of the batch that only steer the load. */
  except?: readonly string[]
  /** Rolled back in any case: nothing is done that would keep readers waiting. */
  dryRun?: boolean
}

/** Loads the batch; counts without `read` and `rejected`, which the step knows. */
export async function loadMerge(session: Session, request: MergeRequest): Promise<StepCounts> {
  const { target, key, from = STAGING, except = [], dryRun = false } = request
  const columns = await sharedColumns(session, { target, batch: from, except })
  const names = columns.map(({ name }) => name)
  const { others } = splitKey(columns, key)
  const list = quoteList(names)
  const table = quoteQualified(target)
  // Nothing to compare with: building the indexes once, after the rows, takes 0.4 of the time of filling them row by row.
  if (!(await hasRows(session, target))) {
    return { ...NO_COUNTS, inserted: await insertAll(session, { target, columns: names, from, keepIndexes: dryRun }) }
  }
  const set = others.map(({ name }) => `${quoteIdentifier(name)} = excluded.${quoteIdentifier(name)}`).join(', ')
  const held = others.map((column) => ({ ...column, same: true }))
  const onConflict = others.length === 0 ? 'DO NOTHING' : `DO UPDATE SET ${set} WHERE ${differs(held, 't', 'excluded')}`
  // xmax is 0 in a freshly inserted row version and the updating transaction's id in an updated one.
  const { rows } = await session.query<{ inserted: string; updated: string; batch: string }>(`
    WITH merged AS (
      INSERT INTO ${table} AS t (${list}) SELECT ${list} FROM ${from}
      ON CONFLICT (${quoteList(key)}) ${onConflict} RETURNING (xmax = 0) AS fresh)
    SELECT count(*) FILTER (WHERE fresh)::text AS inserted, count(*) FILTER (WHERE NOT fresh)::text AS updated,
      (SELECT count(*) FROM ${from})::text AS batch FROM merged`)
  const [inserted, updated, batch] = [Number(rows[0]?.inserted ?? 0), Number(rows[0]?.updated ?? 0), Number(rows[0]?.batch ?? 0)]
  return { ...NO_COUNTS, inserted, updated, unchanged: batch - inserted - updated }
}
