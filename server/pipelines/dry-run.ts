/**
 * A dry run carries out the plan, step by step and with the same code, in one transaction that cannot commit, and answers
 * with what each step would have done. Each step sees what the steps before it did, as in the real run.
 */
import { toFailure } from '../../shared/failure.ts'
import type { PredictedStep } from '../../shared/plan.ts'
import { NO_COUNTS, type RunStatus } from '../../shared/run.ts'
import { rehearse, type Session, type Warehouse } from '../warehouse/index.ts'
import { dependencies, statusOf } from './attempt.ts'
import type { JobCatalogue } from './catalogue.ts'
import { openRunSources, type JobSources, type RunSources } from './job-sources.ts'
import type { WorkspacePlace } from './load-kind.ts'
import { kindOf } from './load-kinds.ts'
import type { Plan, PlannedStep } from './plan.ts'
import type { RunRecorder } from './recorder.ts'
import { executeStep } from './step.ts'

export interface DryRunNeeds {
  warehouse: Warehouse
  recorder: Pick<RunRecorder, 'openIn'>
  sources: JobSources
  workspace: WorkspacePlace
}

export interface DryRunRequest {
  /** Stands in place of a run's id; nothing of it remains. */
  dryRunId: string
  catalogue: JobCatalogue
  plan: Plan
  signal: AbortSignal
  /** Told when a step begins and when it ends. */
  onStep?: ((step: PredictedStep) => void) | undefined
}

interface Rehearsal extends DryRunNeeds, DryRunRequest {
  session: Session
  opened: RunSources
  ended: Map<string, RunStatus>
}

/** A source or a lock that holds a step up longer than this would hold up other people. */
const STATEMENT_MILLISECONDS = 600_000

/** Predicts every step. Errors: `lease.held`, an unreachable warehouse; what a step fails at stands in its prediction. */
export async function predictPlan(needs: DryRunNeeds, request: DryRunRequest): Promise<PredictedStep[]> {
  const { steps } = request.plan
  const locks = steps.map((step) => step.job.name)
  const tables = steps.flatMap((step) => kindOf(step.job).written(step.job))
  const opened = openRunSources(needs.sources)
  try {
    return await rehearse(needs.warehouse, { locks, tables: [...new Set([...tables, ...OWN_TABLES])] }, async (session) => {
      const cancel = (): void => void needs.warehouse.cancelBackend(session.backend).catch(() => undefined)
      request.signal.addEventListener('abort', cancel, { once: true })
      try {
        return await predictSteps({ ...needs, ...request, session, opened, ended: new Map() })
      } finally {
        request.signal.removeEventListener('abort', cancel)
      }
    })
  } finally {
    await opened.close()
  }
}

/** Tables of the run book with numbers of their own, which a dry run draws from as well. */
const OWN_TABLES = ['run_steps', 'run_log', 'run_events', 'rejects', 'check_results'].map((name) => `quintile.${name}`)

async function predictSteps(rehearsal: Rehearsal): Promise<PredictedStep[]> {
  const { session, plan, recorder, dryRunId, catalogue, onStep } = rehearsal
  await session.query(`SET LOCAL statement_timeout = ${String(STATEMENT_MILLISECONDS)}`)
  // Rejects and check results refer to a run; this one is rolled back with them.
  const steps = plan.steps.map(({ job, position }) => ({
    ...{ job: job.name, group: job.group, position },
    ...{ source: job.source ?? null, target: job.target },
  }))
  await recorder.openIn(session, { runId: dryRunId, kind: 'pipeline', request: 'dry run', arguments: {}, packHash: catalogue.hash, steps })
  const predicted: PredictedStep[] = []
  for (const step of plan.steps) {
    const one = await predictStep(rehearsal, step)
    rehearsal.ended.set(step.job.name, one.status)
    predicted.push(one)
    onStep?.(one)
  }
  return predicted
}

async function predictStep(rehearsal: Rehearsal, step: PlannedStep): Promise<PredictedStep> {
  const { session, signal, ended, onStep } = rehearsal
  const { job } = step
  const blank = { job: job.name, target: job.target, ...NO_COUNTS, note: null, seconds: null, error: null, findings: [] }
  const broken = step.after.find((need) => !['succeeded', 'warning'].includes(ended.get(need) ?? ''))
  if (signal.aborted) return { ...blank, status: 'cancelled' }
  if (broken !== undefined) return { ...blank, status: 'skipped', note: `${broken} would not succeed` }
  onStep?.({ ...blank, status: 'running' })
  const began = performance.now()
  const seconds = (): number => Math.round(performance.now() - began) / 1000
  await session.query('SAVEPOINT step')
  try {
    const { counts, findings, note, status } = await tryStep(rehearsal, step)
    return { ...blank, ...counts, findings, note, status, seconds: seconds() }
  } catch (thrown) {
    // Unlike a real run's, this step's failure must not end the transaction of the others.
    await session.query('ROLLBACK TO SAVEPOINT step')
    const { code, message, hint } = toFailure(thrown)
    const cancelled = signal.aborted
    return { ...blank, status: cancelled ? 'cancelled' : 'failed', seconds: seconds(), error: cancelled ? null : { code, message, hint } }
  }
}

async function tryStep(rehearsal: Rehearsal, { job }: PlannedStep) {
  const { session, plan, catalogue, opened, workspace, signal, dryRunId } = rehearsal
  const { full_reload: reload, rebuild_history: rebuildHistory, since } = plan.options
  const { origin, tables, close } = await opened.originOf(job)
  const cancel = (): void => void (origin.kind === 'database' && origin.reader.cancel().catch(() => undefined))
  signal.addEventListener('abort', cancel, { once: true })
  try {
    const result = await executeStep(session, {
      ...{ job, runId: dryRunId, origin, signal, workspace, reload, rebuildHistory, since, dryRun: true },
      ...dependencies(catalogue, job, tables),
    })
    await dropTemporary(session)
    const { counts, note } = result
    const findings = result.findings.map(({ reason, rows, severity }) => ({ reason, rows, severity }))
    return { counts, note, findings, status: statusOf(result) }
  } finally {
    signal.removeEventListener('abort', cancel)
    await close()
  }
}

/** In a real run the temporary tables of a step go with its commit; here the next step would meet them. */
async function dropTemporary(session: Session): Promise<void> {
  const { rows } = await session.query<{ name: string }>(
    `SELECT quote_ident(relname) AS name FROM pg_class
     WHERE relnamespace = pg_my_temp_schema() AND relkind = 'r' AND relname <> 'rehearsal_cannot_commit'`,
  )
  if (rows.length > 0) await session.script(`DROP TABLE ${rows.map(({ name }) => `pg_temp.${name}`).join(', ')}`)
}
