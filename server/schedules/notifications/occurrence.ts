/** What a run or a tick shows that somebody should hear of, and which earlier causes it proves gone. Pure. */
import type { Notification, NotificationKind, Severity } from '../../../shared/notification.ts'
import type { RunDetail, RunStep } from '../../../shared/run.ts'
import type { Schedule } from '../../../shared/schedule.ts'

export interface Occurrence extends Pick<Notification, 'run_id' | 'schedule' | 'job' | 'check'> {
  /** The same as long as the same thing is wrong. */
  cause: string
  kind: NotificationKind
  severity: Severity
  title: string
  body: string
  /** The run or tick that shows it: told twice, it counts once. */
  occasion: string
  /** What the schedule says about telling; null for a run that a person started. */
  notify: Schedule['notify'] | null
  owner: string | null
}

/** Who asked for a run: its schedule, where there is one. */
export type Asker = Pick<Occurrence, 'notify' | 'owner'>

/** Names shown before “and 3 more”. */
const NAMED = 3

function sayJobs(jobs: readonly string[]): string {
  const more = jobs.length - NAMED
  return more > 0 ? `${jobs.slice(0, NAMED).join(', ')} and ${String(more)} more` : jobs.join(', ')
}

function sayWhere(run: RunDetail): string {
  const what = run.schedule === null ? `Started by ${run.started_by} (${run.request})` : `Schedule “${run.schedule}”`
  return `${what}, on ${run.machine}, at ${run.started_at}.`
}

const sentence = (text: string): string => (/[.!?]$/.test(text) ? text : `${text}.`)

function body(run: RunDetail, error: { message: string; hint: string | null }): string {
  return [sentence(error.message), ...(error.hint === null ? [] : [sentence(error.hint)]), sayWhere(run)].join('\n')
}

function ofRun(run: RunDetail, asker: Asker) {
  return { run_id: run.run_id, schedule: run.schedule, occasion: run.run_id, job: null, check: null, ...asker }
}

function checkErrors(run: RunDetail, asker: Asker): Occurrence[] {
  return run.checks
    .filter(({ status }) => status === 'fail' || status === 'error')
    .map(({ job, check, status, bad_rows, measured, expected, severity }) => {
      const found =
        bad_rows === null ? `measured ${measured ?? 'nothing'}, expected ${expected ?? 'something else'}` : `${String(bad_rows)} bad rows`
      return {
        ...ofRun(run, asker),
        cause: `check:${job}:${check}`,
        kind: 'check_error',
        severity: severity === 'error' ? 'error' : 'warning',
        title: status === 'error' ? `Check “${check}” of ${job} could not be judged` : `Check “${check}” of ${job} failed: ${found}`,
        body: `${sentence(found)}\n${sayWhere(run)}`,
        job,
        check,
      }
    })
}

/** Steps that failed for one reason are one occurrence, named by the first. */
function failedSteps(run: RunDetail, asker: Asker, told: ReadonlySet<string>): Occurrence[] {
  const failed = run.steps.filter(
    (step) => step.status === 'failed' && step.error !== null && !(step.error.code.startsWith('check.') && told.has(step.job)),
  )
  const byCode = Map.groupBy(
    failed.toSorted((a, b) => a.position - b.position),
    (step) => step.error?.code ?? '',
  )
  return [...byCode].flatMap(([code, steps]) => {
    const [first] = steps
    if (first?.error == null) return []
    return {
      ...ofRun(run, asker),
      cause: `job:${first.job}:${code}`,
      kind: 'failure',
      severity: 'error',
      title: `${sayJobs(steps.map((step) => step.job))} failed: ${first.error.message}`,
      body: body(run, first.error),
      job: first.job,
    }
  })
}

/** What is wrong with a run that ended; nothing for one that a person cancelled. */
export function occurrencesOf(run: RunDetail, asker: Asker): Occurrence[] {
  const checks = checkErrors(run, asker)
  if (run.status !== 'failed') return checks
  const steps = failedSteps(run, asker, new Set(checks.flatMap(({ job }) => job ?? [])))
  if (steps.length > 0 || (checks.length > 0 && run.steps.some((step) => step.status === 'failed'))) return [...checks, ...steps]
  const error = run.error ?? { code: 'run.failed', message: 'The run failed', hint: null }
  return [
    ...checks,
    {
      ...ofRun(run, asker),
      cause: `${run.schedule === null ? `run:${run.kind}` : `schedule:${run.schedule}`}:${error.code}`,
      kind: 'failure',
      severity: 'error',
      title: `${run.schedule === null ? `A ${run.kind} run` : `The run of “${run.schedule}”`} failed: ${error.message}`,
      body: body(run, error),
    },
  ]
}

const succeeded = ({ status }: { status: RunStep['status'] }): boolean => status === 'succeeded' || status === 'warning'

/** Whether the run proves that a cause is gone: the same job, check or schedule went well. */
export function proves(run: RunDetail, open: Pick<Notification, 'cause' | 'job' | 'check' | 'schedule'>): boolean {
  if (open.check !== null) return run.checks.some(({ job, check, status }) => job === open.job && check === open.check && status === 'pass')
  if (open.job !== null) return run.steps.some((step) => step.job === open.job && succeeded(step))
  if (!succeeded(run)) return false
  return open.schedule === null ? open.cause.startsWith(`run:${run.kind}:`) : open.schedule === run.schedule
}
