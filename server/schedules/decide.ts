/**
 * What becomes of the ticks of one schedule that nobody has decided yet. Pure: the ledger, the conditions and the clock
 * come in, claims and ledger lines go out.
 */
import type { Schedule, ScheduleTick } from '../../shared/schedule.ts'
import { toIso } from '../../shared/time.ts'
import { sayDuration } from './words.ts'

export interface Question {
  now: number
  schedule: Pick<Schedule, 'missed' | 'overlap'>
  /** What this machine adds to each due time. */
  jitter: number
  /** Due and undecided, oldest first. */
  pending: readonly number[]
  /** Why nothing may start now: power, network. */
  blocked: string | null
  /** The tick of this schedule that a machine has in hand. */
  busy: string | null
  /** Why earlier looks of this process left the same ticks; null when it sees them for the first time. */
  waited: string | null
  /** The last run in which all of the same jobs succeeded. */
  done: { run_id: string; started_at: number } | null
}

/** A tick that gets no run, with the reason. */
export interface Line {
  due: number
  outcome: Extract<ScheduleTick['outcome'], 'missed' | 'skipped' | 'failed'>
  note: string
}

export interface Decision {
  /** To be taken and run, oldest first. */
  claim: number[]
  /** For the claimed ones: why they run late; null when they do not. */
  note: string | null
  record: Line[]
  /** Why they are left undecided; the next look asks again. */
  waiting: string | null
}

/** A tick is on time within this of its due time: the guard looks once a minute. */
export const ON_TIME_MILLISECONDS = 2 * 60_000

const lines = (due: readonly number[], outcome: Line['outcome'], note: string): Line[] => due.map((one) => ({ due: one, outcome, note }))

/** Whether a tick is late beyond what a look a minute explains. */
export function isLate(due: number, { now, jitter }: Pick<Question, 'now' | 'jitter'>): boolean {
  return now - due - jitter > ON_TIME_MILLISECONDS
}

function chooseByPolicy(question: Question, open: readonly number[]): { chosen: number[]; why: string } {
  const { missed } = question.schedule
  if (missed === 'skip') {
    const newest = open.slice(-1).filter((due) => !isLate(due, question))
    return { chosen: newest, why: 'the schedule skips what could not run in time' }
  }
  const chosen = open.slice(missed === 'run_once' ? -1 : -missed.each_up_to)
  const newest = toIso(chosen.at(-1) ?? 0)
  return {
    chosen,
    why:
      missed === 'run_once'
        ? `one run, for the tick of ${newest}, makes up for it`
        : `the schedule makes up ${String(missed.each_up_to)} at most`,
  }
}

function lateNote({ now, waited }: Question, due: number): string {
  const late = `${sayDuration(now - due)} late`
  return waited === null ? `${late}: no machine was awake and could reach the warehouse` : `${late}: ${waited}`
}

/** Answers with what to claim, what to write down and what to wait for. */
export function decide(question: Question): Decision {
  const { pending, schedule, blocked, busy, waited, done } = question
  const satisfied = done === null ? [] : pending.filter((due) => due <= done.started_at)
  const record = lines(satisfied, 'skipped', `the same jobs succeeded since, in run ${done?.run_id ?? ''}`)
  const open = pending.slice(satisfied.length)
  if (open.length === 0) return { claim: [], note: null, record, waiting: null }

  const { chosen, why } = chooseByPolicy(question, open)
  const obstacle = blocked ?? (schedule.overlap === 'allow' ? null : busy)
  const reason = obstacle ?? waited
  const others = open.slice(0, open.length - chosen.length)
  const given = reason === null ? lines(others, 'missed', why) : lines(others, 'skipped', `${reason}; ${why}`)
  if (obstacle === null || chosen.length === 0) {
    const late = chosen.find((due) => isLate(due, question))
    return { claim: chosen, note: late === undefined ? null : lateNote(question, late), record: [...record, ...given], waiting: null }
  }
  if (blocked === null && schedule.overlap === 'skip')
    return { claim: [], note: null, record: [...record, ...given, ...lines(chosen, 'skipped', obstacle)], waiting: null }
  // Under “skip” the late ones are lost whatever comes; under the other policies the newest may yet take their place.
  return { claim: [], note: null, record: schedule.missed === 'skip' ? [...record, ...given] : record, waiting: obstacle }
}
