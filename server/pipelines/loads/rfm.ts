/**
 * RFM: scores of 1 (worst) to 5 (best) for recency, frequency and monetary value, `rfm_score = 100 R + 10 F + M`, and a
 * segment by thresholds on that number.
 * - `quantile` (default): cut points at 20, 40, 60 and 80 % (linear interpolation, Hyndman and Fan type 7). A value above
 *   a cut point scores one more, so equal values always score alike and groups may differ in size. `cut_offset` moves the
 *   cut points up (the R package rfm uses 1).
 * - `ntile`: five groups of equal size; ties are broken by the key, so equal values may score differently.
 */
import { z } from 'zod'
import { NO_COUNTS } from '../../../shared/run.ts'
import { quoteIdentifier, quoteList, quoteLiteral, type Session } from '../../warehouse/index.ts'
import { columnName, sharedKeys, tableName } from '../job-keys.ts'
import type { LoadContext, LoadKind, LoadOutcome } from '../load-kind.ts'
import { STAGING } from '../staging-table.ts'
import { columnsOf, requireColumns } from './columns.ts'
import { loadHistory } from './history.ts'
import { loadMerge } from './upsert.ts'

export const rfmSchema = z.strictObject({
  kind: z.literal('rfm'),
  ...sharedKeys,
  key: z.array(columnName).min(1),
  method: z.enum(['quantile', 'ntile']).default('quantile'),
  /** Added to each cut point of `quantile`. */
  cut_offset: z.number().min(0).default(0),
  /** First match wins; the last must take the rest with `min: 0`. */
  segments: z.array(z.strictObject({ min: z.int(), name: z.string() })).min(1),
  /** A history table that takes over the outcome: its columns and, behind each, ours. */
  dimension: z
    .strictObject({
      target: tableName,
      key: columnName,
      set: z.record(columnName, columnName),
      track: z.array(columnName),
      update: z.array(columnName).default([]),
      effective: columnName,
    })
    .optional(),
})
type RfmJob = z.infer<typeof rfmSchema>

export const rfm: LoadKind<RfmJob> = {
  schema: rfmSchema,
  needsSql: true,
  required: (job) => job.key,
  identity: (job) => job.key,
  load: loadRfm,
  written: (job) => [job.target, ...(job.dimension === undefined ? [] : [job.dimension.target])],
}

const MEASURES = ['recency_days', 'frequency_count', 'monetary_value'] as const

function quantileScore(measure: string, offset: number): string {
  const above = [1, 2, 3, 4]
    .map(
      (cut) => `(s.${measure} ${offset === 0 ? '>' : '>='} c.${measure}[${String(cut)}]${offset === 0 ? '' : ` + ${String(offset)}`})::int`,
    )
    .join(' + ')
  // The fewer days the better: recency counts down from 5.
  return measure === 'recency_days' ? `5 - (${above})` : `1 + ${above}`
}

function quantileSql({ cut_offset: offset }: RfmJob): string {
  const cuts = MEASURES.map(
    (measure) => `percentile_cont(ARRAY[0.2, 0.4, 0.6, 0.8]) WITHIN GROUP (ORDER BY ${measure}::float8) AS ${measure}`,
  ).join(', ')
  return `
    WITH cuts AS (SELECT ${cuts} FROM ${STAGING})
    SELECT s.*, ${quantileScore('recency_days', offset)} AS recency_score, ${quantileScore('frequency_count', offset)} AS frequency_score,
      ${quantileScore('monetary_value', offset)} AS monetary_score
    FROM ${STAGING} s CROSS JOIN cuts c`
}

function ntileSql({ key }: RfmJob): string {
  const ties = quoteList(key)
  return `
    SELECT s.*, ntile(5) OVER (ORDER BY recency_days DESC, ${ties}) AS recency_score,
      ntile(5) OVER (ORDER BY frequency_count, ${ties}) AS frequency_score, ntile(5) OVER (ORDER BY monetary_value, ${ties}) AS monetary_score
    FROM ${STAGING} s`
}

function segmentCase({ segments }: RfmJob): string {
  const whens = segments.map((segment) => `WHEN rfm_score >= ${String(segment.min)} THEN ${quoteLiteral(segment.name)}`).join(' ')
  return `CASE ${whens} END`
}

/** Scores the staged customers, merges them into the target and, where declared, opens new versions in the dimension. */
async function loadRfm({ session, job, tracked, dryRun }: LoadContext<RfmJob>): Promise<LoadOutcome> {
  requireColumns(MEASURES, await columnsOf(session, STAGING), 'an rfm job')
  const { rows } = await session.query('SELECT 1 FROM pg_temp.staging LIMIT 1')
  if (rows.length === 0) return { counts: NO_COUNTS, note: null }
  await session.script(`
    CREATE TEMP TABLE scored ON COMMIT DROP AS
    WITH scores AS (${job.method === 'quantile' ? quantileSql(job) : ntileSql(job)}),
      numbers AS (SELECT *, 100 * recency_score + 10 * frequency_score + monetary_score AS rfm_score FROM scores)
    SELECT *, ${segmentCase(job)} AS rfm_segment FROM numbers`)
  const counts = await loadMerge(session, { target: job.target, key: job.key, from: 'pg_temp.scored', dryRun })
  const note = job.dimension === undefined ? null : await updateDimension(session, job.dimension, tracked)
  return { counts, note }
}

async function updateDimension(session: Session, dimension: NonNullable<RfmJob['dimension']>, tracked: readonly string[]): Promise<string> {
  const { target, key, set, track, update, effective } = dimension
  const renamed = Object.entries(set).map(([theirs, ours]) => `${quoteIdentifier(ours)} AS ${quoteIdentifier(theirs)}`)
  await session.script(
    `CREATE TEMP TABLE scored_for_dimension ON COMMIT DROP AS SELECT ${[quoteIdentifier(key), quoteIdentifier(effective), ...renamed].join(', ')} FROM pg_temp.scored`,
  )
  const from = 'pg_temp.scored_for_dimension'
  // Scores say nothing of a customer whom the source has closed: they bring nobody back.
  const { counts } = await loadHistory(session, { target, from, key: [key], track, tracked, update, effective, revives: false })
  return `${target}: ${String(counts.versions_closed)} new versions, ${String(counts.updated)} updated, ${String(counts.unchanged)} unchanged`
}
