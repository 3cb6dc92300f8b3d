/** What a person is told of ticks that were missed or wait too long. Pure. */
import { toIso } from '../../shared/time.ts'
import { isLate, type Decision } from './decide.ts'
import type { ReadSchedule } from './files.ts'
import type { Occurrence } from './notifications/occurrence.ts'
import { sayCount, sayDuration } from './words.ts'

/** So long a tick may wait (for power, a network, another run) before somebody is told. */
const PATIENCE_MILLISECONDS = 30 * 60_000

export interface Look {
  now: number
  jitter: number
  pending: readonly number[]
  /** Why earlier looks left them. */
  waited: string | null
}

function about({ name, schedule }: ReadSchedule, due: number) {
  return {
    ...{ kind: 'missed' as const, schedule: name, run_id: null, job: null, check: null },
    ...{ occasion: `${name}@${toIso(due)}`, notify: schedule.notify, owner: schedule.owner ?? null },
  }
}

/** Ticks that nobody was awake for, whether or not one run makes up for them; null when there is nothing to tell. */
export function missedOccurrence(read: ReadSchedule, look: Look, { claim, record }: Decision): Occurrence | null {
  const newest = look.pending.at(-1)
  const decided = new Set([...claim, ...record.filter(({ outcome }) => outcome === 'missed').map(({ due }) => due)])
  const late = look.pending.filter((due) => decided.has(due) && isLate(due, look))
  const [oldest] = late
  if (newest === undefined || oldest === undefined || look.waited !== null) return null
  const { title } = read.schedule
  const madeUp = claim.length > 0
  const what = `${sayCount(late.length, 'tick')} of “${title}” ${late.length === 1 ? 'was' : 'were'} missed`
  const how = claim.length === 1 ? 'one run makes up for it now' : `${String(claim.length)} runs make up for it now`
  return {
    ...about(read, newest),
    cause: `missed:${read.name}`,
    severity: madeUp ? 'info' : 'warning',
    title: `${what}; ${madeUp ? how : 'no run makes up for it, as the schedule says'}`,
    body: `Due from ${toIso(oldest)}${late.length === 1 ? '' : ` to ${toIso(late.at(-1) ?? oldest)}`}; no machine was awake and could reach the warehouse.`,
  }
}

/** A tick that has waited for long; null as long as patience is due. */
export function waitingOccurrence(read: ReadSchedule, { now, pending }: Pick<Look, 'now' | 'pending'>, reason: string): Occurrence | null {
  const [oldest] = pending
  if (oldest === undefined || now - oldest < PATIENCE_MILLISECONDS) return null
  return {
    ...about(read, oldest),
    cause: `missed:${read.name}:waiting`,
    severity: 'warning',
    title: `“${read.schedule.title}” has been waiting for ${sayDuration(now - oldest)}: ${reason}`,
    body: `Due ${toIso(oldest)}. It runs when that has passed, unless the schedule says to skip it.`,
  }
}
