/** Where each step's bar begins and how long it is, in percent of the whole run. Pure. */
import type { RunStep, RunSummary } from '../../shared/run.ts'

export interface Bar {
  left: number
  width: number
}

/** Null for a step that has not begun. `now` closes what still runs. */
export function barOf(
  step: Pick<RunStep, 'started_at' | 'ended_at'>,
  run: Pick<RunSummary, 'started_at' | 'ended_at'>,
  now: Date,
): Bar | null {
  if (step.started_at === null) return null
  const from = Date.parse(run.started_at)
  const until = run.ended_at === null ? Math.max(now.getTime(), from + 1) : Date.parse(run.ended_at)
  const whole = Math.max(1, until - from)
  const begin = Math.min(Math.max(Date.parse(step.started_at) - from, 0), whole)
  const end = Math.min(Math.max((step.ended_at === null ? until : Date.parse(step.ended_at)) - from, begin), whole)
  // A bar of less than half a percent could not be seen.
  const width = Math.max(0.5, ((end - begin) / whole) * 100)
  return { left: Math.min((begin / whole) * 100, 100 - width), width }
}
