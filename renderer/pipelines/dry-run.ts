/** What a dry run predicts, and how it differs from an earlier one. Pure. */
import type { DryRun, PredictedStep, RunOptionsInput } from '../../shared/plan.ts'
import type { StepCounts } from '../../shared/run.ts'
import { formatCount } from '../kit/format.ts'

export const COUNTS = [
  'read',
  'inserted',
  'updated',
  'versions_closed',
  'unchanged',
  'rejected',
] as const satisfies readonly (keyof StepCounts)[]

/** Status of steps whose numbers are known. */
const KNOWN = new Set<PredictedStep['status']>(['succeeded', 'warning'])

export function isKnown(step: PredictedStep): boolean {
  return KNOWN.has(step.status)
}

/** By how much each count differs from the earlier prediction; null where either is not known. */
export function differences(step: PredictedStep, before: DryRun | undefined): StepCounts | null {
  const old = before?.steps.find(({ job }) => job === step.job)
  if (old === undefined || !isKnown(old) || !isKnown(step)) return null
  const difference = { read: 0, inserted: 0, updated: 0, versions_closed: 0, unchanged: 0, rejected: 0 }
  for (const name of COUNTS) difference[name] = step[name] - old[name]
  return difference
}

/** `+12`, `-3`; nothing for no difference. */
export function signed(difference: number): string {
  if (difference === 0) return ''
  return difference > 0 ? `+${formatCount(difference)}` : `−${formatCount(-difference)}`
}

/** Steps that ended, of all. */
export function progressOf({ steps }: DryRun): { done: number; total: number } {
  return { done: steps.filter(({ status }) => status !== 'queued' && status !== 'running').length, total: steps.length }
}

/** Earlier dry runs that predicted at least one of the same jobs, newest first. */
export function comparable(dryRuns: readonly DryRun[], current: DryRun): DryRun[] {
  const jobs = new Set(current.steps.map(({ job }) => job))
  return dryRuns
    .filter((other) => other.dry_run_id !== current.dry_run_id && other.started_at < current.started_at && other.status !== 'running')
    .filter(({ steps }) => steps.some(({ job }) => jobs.has(job)))
    .sort((a, b) => b.started_at.localeCompare(a.started_at))
}

/** Whether a prediction was made for exactly what is chosen now. */
export function isForOptions({ options }: DryRun, asked: RunOptionsInput | null): boolean {
  if (asked === null) return false
  const plain = ({
    jobs,
    exclude = [],
    source = null,
    full_reload = false,
    rebuild_history = false,
    since = null,
  }: RunOptionsInput): string => JSON.stringify([[...jobs].sort(), [...exclude].sort(), source, full_reload, rebuild_history, since])
  return plain(options) === plain(asked)
}

/** One sentence about what would change. */
export function predictionSentence({ totals, steps, status }: DryRun): string {
  if (status === 'running') return 'The prediction is being made.'
  const changed = totals.inserted + totals.updated + totals.versions_closed
  const failed = steps.filter((step) => step.status === 'failed').length
  const trouble = failed === 0 ? '' : ` ${failed} ${failed === 1 ? 'step' : 'steps'} would fail.`
  if (status === 'cancelled') return 'The dry run was cancelled before its end.'
  return changed === 0
    ? `Nothing would change.${trouble}`
    : `${formatCount(changed)} ${changed === 1 ? 'row' : 'rows'} would change.${trouble}`
}
