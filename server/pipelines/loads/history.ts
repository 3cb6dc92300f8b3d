/**
 * SCD Type 2. A batch brings observations: key, the time from which they hold, the columns that they know. Each is held
 * against the version valid at that time; only keys with a difference go on:
 *
 *   timeline = the key's versions ∪ its differing observations, in order of time
 *   1. close: versions whose end moved (a later one now follows) get their new end; carried-over values follow
 *   2. insert: points of the timeline that have no version yet
 *
 * Ends are exclusive and equal the next beginning, so versions never gap or overlap. Columns that this job does not
 * supply (another job feeds them) are carried over from the version before; a late observation flows on into later
 * versions as long as those had only carried its columns over. Type 1 columns overwrite the current version.
 */
import { NO_COUNTS, type StepCounts } from '../../../shared/run.ts'
import { quoteIdentifier, quoteList, quoteQualified, type Session } from '../../warehouse/index.ts'
import { columnsOf, requireColumns } from './columns.ts'
import { closeAndInsert, FOREVER } from './timeline.ts'

export interface HistoryRequest {
  target: string
  /** Table that holds the observations. */
  from: string
  key: readonly string[]
  /** Tracked columns that this batch supplies. */
  track: readonly string[]
  /** All tracked columns of the target, over all jobs that feed it. */
  tracked: readonly string[]
  update: readonly string[]
  /** Column with the time from which an observation holds; without it the transaction's time, one for all. */
  effective: string | undefined
}

/** Loads the observations; counts without `read` and `rejected`. */
export async function loadHistory(session: Session, request: HistoryRequest): Promise<StepCounts> {
  const { key, track, update, from, effective } = request
  const declared = [...key, ...track, ...update, ...(effective === undefined ? [] : [effective])]
  requireColumns(declared, await columnsOf(session, from), `the history of ${request.target}`)
  await markObservations(session, request)
  const { opened, corrected } = await closeAndInsert(session, request)
  const overwritten = await overwriteCurrent(session, request)
  const { rows } = await session.query<{ batch: string; fresh: string }>(
    'SELECT count(*)::text AS batch, count(*) FILTER (WHERE is_new_key)::text AS fresh FROM pg_temp.observation',
  )
  await session.script('DROP TABLE pg_temp.observation')
  const [batch, inserted] = [Number(rows[0]?.batch ?? 0), Number(rows[0]?.fresh ?? 0)]
  const updated = corrected + overwritten
  const versions_closed = opened - inserted
  return { ...NO_COUNTS, inserted, versions_closed, updated, unchanged: batch - inserted - versions_closed - updated }
}

/** One pass over the batch: what differs from the version valid at its time, and which keys are new. */
async function markObservations(session: Session, { target, from, key, track, update, effective }: HistoryRequest): Promise<void> {
  const on = key.map((name) => `v.${quoteIdentifier(name)} = s.${quoteIdentifier(name)}`).join(' AND ')
  const at = effective === undefined ? 'transaction_timestamp()' : `s.${quoteIdentifier(effective)}`
  const supplied = [...key, ...track, ...update]
  await session.script(`
    CREATE TEMP TABLE observation ON COMMIT DROP AS
    SELECT ${quoteList(supplied, 's')}, ${at}::timestamptz AS at,
      v.effective_from IS NULL OR (${quoteList(track, 'v')}) IS DISTINCT FROM (${quoteList(track, 's')}) AS differs,
      false AS is_new_key, row_number() OVER (PARTITION BY ${quoteList(key, 's')} ORDER BY ${at} DESC) = 1 AS is_latest
    FROM ${from} s LEFT JOIN ${quoteQualified(target)} v
      ON ${on} AND v.effective_from <= ${at} AND ${at} < v.effective_to;
    UPDATE observation o SET is_new_key = true
    WHERE o.is_latest AND NOT EXISTS (SELECT 1 FROM ${quoteQualified(target)} v WHERE ${key.map((name) => `v.${quoteIdentifier(name)} = o.${quoteIdentifier(name)}`).join(' AND ')});
    ANALYZE observation`)
}

/** Type 1: the newest observation of each key overwrites the current version in place. Returns rows changed that opened no version. */
async function overwriteCurrent(session: Session, { target, key, update }: HistoryRequest): Promise<number> {
  if (update.length === 0) return 0
  const set = update.map((name) => `${quoteIdentifier(name)} = o.${quoteIdentifier(name)}`).join(', ')
  const on = key.map((name) => `t.${quoteIdentifier(name)} = o.${quoteIdentifier(name)}`).join(' AND ')
  const { rows } = await session.query<{ n: string }>(`
    WITH changed AS (
      UPDATE ${quoteQualified(target)} t SET ${set} FROM pg_temp.observation o
      WHERE ${on} AND o.is_latest AND t.effective_to = ${FOREVER} AND (${quoteList(update, 't')}) IS DISTINCT FROM (${quoteList(update, 'o')})
      RETURNING o.differs)
    SELECT count(*) FILTER (WHERE NOT differs)::text AS n FROM changed`)
  return Number(rows[0]?.n ?? 0)
}
