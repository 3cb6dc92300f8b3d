/**
 * Staging: where a batch lands before it is merged. A temporary table of the step's own transaction: written without WAL
 * like an unlogged one, never seen by anybody else, and gone with the transaction whatever happens.
 */
import type { Readable, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { FeedPosition, SourceReader } from '../sources/index.ts'
import { quoteLiteral, toWarehouseFailure, type Session } from '../warehouse/index.ts'
import type { Finding } from './checks/outcome.ts'
import type { JobState } from './job-state.ts'
import { landFeed } from './landing.ts'
import type { LoadContext, LoadMode } from './load-kind.ts'
import { kindOf, type Job } from './load-kinds.ts'
import { bringVersions, versionsToBring } from './loads/bring-versions.ts'
import { stageRejects } from './staged-rejects.ts'
import { STAGING } from './staging-table.ts'
import type { StepRequest } from './step.ts'

/** What staging was filled with. */
export interface Batch {
  /** Rows handed over by the source, those among them that never became a row included. */
  read: number
  /** Of those, kept out before staging. */
  rejected: number
  findings: Finding[]
  extent: LoadMode['extent']
  note: string | null
  position: FeedPosition | null
  /** A feed had nothing new: there is no staging, and nothing to load. */
  isEmpty: boolean
}

/** `::since` is a cast and `x:since` a slice; only a free-standing `:since` is ours. */
const SINCE = /(?<![:\w]):since\b/g

/** The job's SQL with `:since` put in: the given stamp as it is, or the last watermark less the look-back, or the declared start. */
export function renderSql(job: Job, { since, watermark }: { since: string | null; watermark: string | null }): string {
  const stamp = quoteLiteral(since ?? watermark ?? job.start)
  const looksBack = job.lookback !== undefined && since === null && watermark !== null
  return job.sql.replaceAll(SINCE, looksBack ? `(timestamptz ${stamp} - interval ${quoteLiteral(job.lookback ?? '')})` : stamp)
}

/** Fills staging with what the job reads. The table carries `staging_row` as its own key. */
export async function fillStaging(session: Session, request: StepRequest, before: JobState | undefined): Promise<Batch> {
  const batch = await readBatch(session, request, before)
  if (!batch.isEmpty) await bringVersions(session, request.job)
  if (!batch.isEmpty) await session.script(`ANALYZE ${STAGING}`)
  return batch
}

async function readBatch(session: Session, request: StepRequest, before: JobState | undefined): Promise<Batch> {
  const { job, origin, reload, since } = request
  const kind = kindOf(job)
  const watermark = reload ? null : (before?.watermark ?? null)
  const sql = renderSql(job, { since, watermark })
  // Without `:since`, or from the very start on, the SQL gives every row that the source has.
  const isWhole = sql === job.sql || (watermark === null && since === null)
  if (origin.kind === 'rejects') {
    const read = await stageRejects(session, request, origin)
    return { read, rejected: 0, findings: [], extent: 'partial', note: null, position: null, isEmpty: false }
  }
  const plain = {
    rejected: 0,
    findings: [],
    isEmpty: false,
    extent: isWhole ? ('full' as const) : ('partial' as const),
    note: null,
    position: null,
  }
  const context = { ...request, session, extent: plain.extent, staged: 0, watermark, isReplay: false }
  if (kind.fill !== undefined) return { ...plain, extent: 'full', ...(await kind.fill({ ...context, extent: 'full' })) }
  if (origin.kind === 'database') return { ...plain, read: await copyFromSource(context, origin.reader, sql) }
  if (origin.kind === 'warehouse') return { ...plain, read: await selectIntoStaging(session, sql) }
  if (origin.kind === 'nothing')
    return { ...plain, extent: 'partial', read: 0, isEmpty: true, note: `nothing to read: “${origin.source}” is not connected` }
  const landed = await landFeed(session, request, origin)
  // Without rows the columns may be unknown too, and the SQL could not even be planned.
  if (landed.isEmpty) return landed
  // The job's SQL may drop, join or unfold rows of the feed: what counts as read is what it gives.
  return { ...landed, read: (await selectIntoStaging(session, sql)) + landed.rejected }
}

async function selectIntoStaging(session: Session, sql: string): Promise<number> {
  const { count } = await session.query(
    `CREATE TEMP TABLE staging ON COMMIT DROP AS SELECT *, row_number() OVER () AS staging_row FROM (\n${sql}\n) AS extraction`,
  )
  return count
}

async function copyFromSource(context: LoadContext<Job>, reader: SourceReader, sql: string): Promise<number> {
  const { session, job } = context
  const columns = await reader.describe(sql)
  const quoted = columns.map((column) => `"${column.name.replaceAll('"', '""')}"`)
  const list = columns.map((column, index) => `${quoted[index] ?? ''} ${column.type}`).join(', ')
  const names = columns.map(({ name }) => name)
  const direct = versionsToBring(job, names).length > 0 ? null : ((await kindOf(job).direct?.(context, columns)) ?? null)
  if (direct === null)
    await session.script(`CREATE TEMP TABLE staging (${list}, staging_row bigint GENERATED ALWAYS AS IDENTITY) ON COMMIT DROP`)
  const copy = session.copyIn(`COPY ${direct ?? STAGING} (${quoted.join(', ')}) FROM STDIN (FORMAT binary)`)
  // Binary straight through, never parsed: as fast as psql piped into psql (text costs 1.8 times as much).
  await reader.copyOut(sql, (rows) => pour(rows, copy))
  return copy.rowCount
}

/** Rows into the warehouse. Which end broke first decides whose failure it is: the other one only breaks in consequence. */
async function pour(rows: Readable, copy: Writable): Promise<void> {
  let first: 'source' | 'warehouse' | undefined
  rows.once('error', () => (first ??= 'source'))
  copy.once('error', () => (first ??= 'warehouse'))
  try {
    await pipeline(rows, copy)
  } catch (thrown) {
    throw first === 'warehouse' ? toWarehouseFailure(thrown) : thrown
  }
}
