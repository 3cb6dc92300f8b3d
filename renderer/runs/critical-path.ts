/** The chain of steps that decided how long the run took: each could not begin before the one before it had ended. Pure. */
import type { RunStep } from '../../shared/run.ts'

type Ran = Pick<RunStep, 'job' | 'started_at' | 'ended_at'>

export interface CriticalPath {
  /** From the first to the last step. */
  jobs: string[]
  /** Seconds that its steps worked. */
  seconds: number
}

const NONE: CriticalPath = { jobs: [], seconds: 0 }
const endOf = (step: Ran): number => (step.ended_at === null ? Number.POSITIVE_INFINITY : Date.parse(step.ended_at))

/**
 * Back from the step that ended last, each time to the need that ended last. While the run goes on the step that still runs
 * counts as the last. `needsOf` may name jobs outside the run; they held nothing up.
 */
export function criticalPath(steps: readonly Ran[], needsOf: ReadonlyMap<string, readonly string[]>, now: Date): CriticalPath {
  const ran = steps.filter((step) => step.started_at !== null)
  const byName = new Map(ran.map((step) => [step.job, step]))
  const latest = (among: readonly Ran[]): Ran | undefined =>
    among.reduce<Ran | undefined>((last, step) => (last === undefined || endOf(step) > endOf(last) ? step : last), undefined)
  const path: Ran[] = []
  for (let step = latest(ran); step !== undefined && !path.includes(step);) {
    path.unshift(step)
    step = latest((needsOf.get(step.job) ?? []).flatMap((need) => byName.get(need) ?? []))
  }
  // One step alone is no path: there was nothing to wait for.
  if (path.length < 2) return NONE
  const seconds = path.reduce(
    (sum, { started_at, ended_at }) =>
      sum + ((ended_at === null ? now.getTime() : Date.parse(ended_at)) - Date.parse(started_at ?? '')) / 1000,
    0,
  )
  return { jobs: path.map(({ job }) => job), seconds }
}
