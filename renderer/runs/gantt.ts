/** Where each step stood and ran on the time axis of its run, in percent of the whole. Pure. */
import type { RunAttempt, RunStep, RunSummary } from '../../shared/run.ts'

export interface Bar {
  left: number
  width: number
}

type Ran = Pick<RunStep, 'started_at' | 'ended_at'>
type Whole = Pick<RunSummary, 'started_at' | 'ended_at'>

/** A bar of less than half a percent could not be seen. */
const LEAST = 0.5

/** From one moment to another, kept inside the run; `now` closes what still runs. */
function between(from: number, until: number, { begin, end }: { begin: number; end: number }): Bar {
  const whole = Math.max(1, end - begin)
  const left = Math.min(Math.max(from - begin, 0), whole)
  const right = Math.min(Math.max(until - begin, left), whole)
  return { left: (left / whole) * 100, width: ((right - left) / whole) * 100 }
}

function axis(run: Whole, now: Date): { begin: number; end: number } {
  const begin = Date.parse(run.started_at)
  return { begin, end: run.ended_at === null ? Math.max(now.getTime(), begin + 1) : Date.parse(run.ended_at) }
}

/** Null for a step that has not begun. */
export function barOf(step: Ran, run: Whole, now: Date): Bar | null {
  if (step.started_at === null) return null
  const whole = axis(run, now)
  const bar = between(Date.parse(step.started_at), step.ended_at === null ? whole.end : Date.parse(step.ended_at), whole)
  const width = Math.max(LEAST, bar.width)
  return { left: Math.min(bar.left, 100 - width), width }
}

export interface Waited {
  /** Until the last of its needs had ended. */
  needs: Bar | null
  /** After that, until one of the places (`--threads`) was free. */
  place: Bar | null
  /** Seconds of both, and the need that ended last. */
  needsSeconds: number
  placeSeconds: number
  lastNeed: string | null
}

/** What a step did before it began. `needs` are the steps of this run that it needs. */
export function waitedOf(step: Ran, needs: readonly (Ran & { job: string })[], { run, now }: { run: Whole; now: Date }): Waited {
  const whole = axis(run, now)
  // A step that was skipped ended without having begun: it waited until then.
  const begun = step.started_at ?? step.ended_at
  const until = begun === null ? whole.end : Date.parse(begun)
  const ends = needs.map((need) => ({ job: need.job, at: need.ended_at === null ? whole.end : Date.parse(need.ended_at) }))
  const last = ends.reduce<{ job: string; at: number } | null>(
    (latest, one) => (latest === null || one.at > latest.at ? one : latest),
    null,
  )
  const ready = Math.min(until, Math.max(whole.begin, last?.at ?? whole.begin))
  const bar = (from: number, to: number): Bar | null => (to > from ? between(from, to, whole) : null)
  return {
    needs: bar(whole.begin, ready),
    place: bar(ready, until),
    needsSeconds: Math.max(0, ready - whole.begin) / 1000,
    placeSeconds: Math.max(0, until - ready) / 1000,
    lastNeed: last?.job ?? null,
  }
}

/** The attempts of a step on the axis of its run, in their order. */
export function attemptBars(
  attempts: readonly RunAttempt[],
  run: Whole,
  now: Date,
): { attempt: number; status: RunAttempt['status']; bar: Bar }[] {
  return attempts.flatMap((attempt) => {
    const bar = barOf(attempt, run, now)
    return bar === null ? [] : [{ attempt: attempt.attempt, status: attempt.status, bar }]
  })
}
