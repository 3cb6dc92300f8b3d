/** The calls of the contract, answered by the rooms. */
import { v7 as newRunId } from 'uuid'
import type { Figure, Overview, ReportResult, Row, TargetFreshness, WorkspaceState } from '../shared/contract/answers.ts'
import { valueFormatSchema } from '../shared/contract/answers.ts'
import { toFailure } from '../shared/failure.ts'
import type { RunSummary } from '../shared/run.ts'
import { toIso } from '../shared/time.ts'
import type { Handlers } from './api/index.ts'
import type { Rooms } from './assemble.ts'
import { readHelp } from './help.ts'
import { answerPipelineCalls, type PipelineCallNeeds } from './pipeline-calls.ts'
import { answerRunCalls } from './run-calls.ts'
import { answerScheduleCalls } from './schedule-calls.ts'
import { VERSION } from './version.ts'

const TARGETS = `
  SELECT t.target, t.row_count::float8 AS row_count, to_char(t.data_as_of, 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS data_as_of,
    (SELECT to_char(s.succeeded_at, 'YYYY-MM-DD"T"HH24:MI:SS"Z"') FROM quintile.job_state s WHERE s.job = $1) AS checked_at,
    (SELECT r.status FROM quintile.run_steps r JOIN quintile.runs USING (run_id) WHERE r.job = $1 ORDER BY runs.started_at DESC LIMIT 1) AS status
  FROM (SELECT $2::text AS target) wanted LEFT JOIN quintile.targets t USING (target)`

async function readTargets(rooms: Rooms): Promise<TargetFreshness[]> {
  const catalogue = await rooms.pipelines.catalogue()
  return rooms.records.withSession(async (session) => {
    const targets: TargetFreshness[] = []
    for (const job of catalogue.jobs.values()) {
      const { rows } = await session.query<{
        row_count: number | null
        data_as_of: string | null
        checked_at: string | null
        status: TargetFreshness['status'] | null
      }>(TARGETS, [job.name, job.target])
      const row = rows[0]
      targets.push({
        target: job.target,
        job: job.name,
        rows: row?.row_count ?? null,
        data_as_of: row?.data_as_of ?? null,
        checked_at: row?.checked_at ?? null,
        status: row?.status ?? 'never',
      })
    }
    return targets
  })
}

/** From the warehouse, kept locally; from the copy when it cannot be asked. */
async function targetsOrKept(rooms: Rooms): Promise<TargetFreshness[]> {
  try {
    const targets = await readTargets(rooms)
    rooms.local.keepAnswer('targets', targets)
    return targets
  } catch (thrown) {
    if (toFailure(thrown).kind !== 'retry') throw thrown
    return (rooms.local.answer('targets') as TargetFreshness[] | undefined) ?? []
  }
}

/** A report of the overview, or null where there is none to show yet (never run, and offline). */
async function reportOrNull(rooms: Rooms, name: string | null, filter?: string): Promise<ReportResult | null> {
  if (name === null) return null
  try {
    return await runReport(rooms, { report: name, filter })
  } catch (thrown) {
    if (toFailure(thrown).code === 'report.not-kept') return null
    throw thrown
  }
}

/** The workspace's filter as the report's own parameter; nothing where the report has none of that name. */
async function filterValues(rooms: Rooms, report: string, filter: string | undefined): Promise<Record<string, string>> {
  const name = rooms.workspace.pack.filter?.name
  return filter === undefined || name === undefined || !(await rooms.reports.takes(report, name)) ? {} : { [name]: filter }
}

/** A value of the report's own wins over the workspace's filter. */
export async function runReport(
  rooms: Rooms,
  { report, values, filter }: { report: string; values?: Record<string, string> | undefined; filter?: string | undefined },
): Promise<ReportResult> {
  return rooms.reports.run(report, { ...(await filterValues(rooms, report, filter)), ...values })
}

/** What can be chosen: the values in the snapshot, so that the choice is there without a network too. */
async function filterChoices({ workspace, local }: Rooms): Promise<WorkspaceState['filter']> {
  const filter = workspace.pack.filter
  const snapshot = local.snapshot()
  if (filter === undefined || snapshot?.columns.every((column) => column.name !== filter.feature) !== false) return null
  const rows = await local.read(
    snapshot,
    `SELECT DISTINCT "${filter.feature.replaceAll('"', '""')}" AS choice FROM ${snapshot.table} WHERE choice IS NOT NULL ORDER BY 1 LIMIT 1000`,
    [],
  )
  return { name: filter.name, label: filter.label, choices: rows.map(({ choice }) => String(choice)) }
}

function toFigure(row: Row): Figure {
  const text = (name: string): string => String(row[name] ?? '')
  return {
    name: text('name'),
    label: text('label'),
    value: row['value'] ?? null,
    format: valueFormatSchema.catch('text').parse(row['format']),
    definition: text('definition'),
  }
}

async function overview(rooms: Rooms, filter: string | undefined): Promise<Overview> {
  const { figures, rfm, revenue } = rooms.workspace.pack.overview
  const [figureReport, rfmReport, revenueReport, targets, { runs }] = await Promise.all([
    reportOrNull(rooms, figures, filter),
    reportOrNull(rooms, rfm, filter),
    reportOrNull(rooms, revenue, filter),
    targetsOrKept(rooms),
    rooms.runs.list({ offset: 0, limit: 50 }),
  ])
  // Reports run over empty tables too; a page of zeros would look like a business that sells nothing.
  const isEmpty = targets.length > 0 && targets.every((target) => target.rows === null)
  return {
    source: figureReport?.source ?? 'cache',
    as_of: figureReport?.as_of ?? null,
    figures: isEmpty ? [] : (figureReport?.rows ?? []).map(toFigure),
    rfm: isEmpty ? null : rfmReport,
    revenue: isEmpty ? null : revenueReport,
    targets,
    // The last run of jobs is what moved the numbers; a sync right after it is not what a person looks for.
    last_run: runs.find((run) => run.kind === 'pipeline') ?? runs[0] ?? null,
  }
}

async function workspaceState(rooms: Rooms): Promise<WorkspaceState> {
  const { settings } = rooms.workspace
  const stored = rooms.local.snapshot()
  const snapshot =
    stored === null
      ? null
      : {
          snapshot_id: stored.snapshot_id,
          synced_at: stored.synced_at,
          as_of: stored.as_of,
          customers: stored.customers,
          features: stored.features,
        }
  const no_jobs = settings.read_only === true ? 'This workspace only reads its warehouse; others fill it.' : null
  const known = { name: settings.name, pack: settings.pack, version: VERSION, snapshot, no_jobs, filter: await filterChoices(rooms) }
  const checked = { label: rooms.warehouse.label, checked_at: toIso(rooms.clock()) }
  try {
    const [running, read_only, , { rows }] = await Promise.all([
      rooms.runs.running(),
      rooms.readOnly(),
      rooms.warehouse.query('SELECT 1'),
      rooms.records.query<{ changed_at: string | null }>(
        `SELECT to_char(max(changed_at), 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS changed_at FROM quintile.targets`,
      ),
    ])
    const changedAt = rows[0]?.changed_at ?? null
    const freshness = snapshot === null ? 'empty' : changedAt !== null && changedAt > snapshot.synced_at ? 'stale' : 'fresh'
    return { ...known, warehouse: { ...checked, state: 'online', message: null }, read_only, freshness, running }
  } catch (thrown) {
    return {
      ...known,
      warehouse: { ...checked, state: 'offline', message: toFailure(thrown).message },
      read_only: null,
      freshness: snapshot === null ? 'empty' : 'unknown',
      running: [],
    }
  }
}

/** Answers as soon as the sync stands in the run book, or with what kept it from starting. */
function startSync(rooms: Rooms, log: (thrown: unknown) => void): Promise<{ run_id: string }> {
  const runId = newRunId()
  return new Promise((resolve, reject) => {
    rooms.sync({ request: 'screen: sync features', runId, onStarted: () => resolve({ run_id: runId }) }).catch((thrown: unknown) => {
      log(thrown)
      reject(toFailure(thrown))
    })
  })
}

/** One handler per call of the contract. */
export function answerCalls(rooms: Rooms, needs: PipelineCallNeeds): Handlers {
  return {
    'workspace.state': () => workspaceState(rooms),
    'overview.show': ({ filter }) => overview(rooms, filter),
    'segments.list': async () => ({ segments: await rooms.segments.list() }),
    'segments.count': ({ segment, source, filter }) => rooms.segments.count(segment, source, filter),
    'segments.members': ({ segment, filter, ...page }) => rooms.segments.members(segment, { ...page, only: filter }),
    'reports.list': async () => ({ reports: await rooms.reports.list() }),
    'reports.run': (asked) => runReport(rooms, asked),
    ...answerPipelineCalls(rooms, needs),
    ...answerRunCalls(rooms, needs.underWay),
    ...answerScheduleCalls(rooms, needs.underWay),
    'help.show': () => readHelp(rooms),
    'features.sync': () => startSync(rooms, needs.log),
  }
}

/** Whether a finished run moved data, so that the snapshot should follow. */
export function movedData(run: RunSummary): boolean {
  return (
    run.kind === 'pipeline' && run.ended_at !== null && !run.nothing_changed && (run.status === 'succeeded' || run.status === 'warning')
  )
}
