/** Ticks of several schedules as one ledger, and what was missed in sentences. Pure. */
import type { ScheduleSummary, ScheduleTick } from '../../shared/schedule.ts'

/** Newest first; of one moment by schedule. */
export function allTicks(schedules: readonly Pick<ScheduleSummary, 'ticks'>[]): ScheduleTick[] {
  return schedules.flatMap(({ ticks }) => ticks).sort((a, b) => b.due_at.localeCompare(a.due_at) || a.schedule.localeCompare(b.schedule))
}

const UNITS = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
] as const

/** How late it was decided: `15 minutes`; null within the minute or two in which every tick is. */
export function lateWords({ due_at, decided_at }: Pick<ScheduleTick, 'due_at' | 'decided_at'>): string | null {
  const seconds = (Date.parse(decided_at) - Date.parse(due_at)) / 1000
  const unit = seconds > 120 ? UNITS.find(([, size]) => seconds >= size) : undefined
  if (unit === undefined) return null
  const whole = Math.floor(seconds / unit[1])
  return `${whole} ${unit[0]}${whole === 1 ? '' : 's'}`
}

export interface LedgerSentence {
  schedule: string
  outcome: 'missed' | 'failed'
  words: string
  /** The newest of the ticks, for a link. */
  tick: ScheduleTick
}

const count = (ticks: readonly ScheduleTick[]): string => (ticks.length === 1 ? '1 tick' : `${ticks.length} ticks`)

function nameOf({ schedule, name }: Pick<ScheduleSummary, 'schedule' | 'name'>): string {
  return schedule?.title ?? name
}

/** The part of a note that says what becomes of it; the reason why is the same for all. */
function whyWords(ticks: readonly ScheduleTick[]): string {
  const notes = [...new Set(ticks.map(({ note }) => note).filter((note) => note !== null))]
  return notes.length === 1 ? `: ${notes[0]}` : ''
}

/** Ticks that ran, and what the sentence adds: on which machine the missed ones were made up. */
function madeUp(ticks: readonly ScheduleTick[], after: ScheduleTick): string {
  const next = ticks.findLast((tick) => tick.due_at >= after.due_at && (tick.outcome === 'ran' || tick.outcome === 'claimed'))
  if (next === undefined) return ''
  return next.outcome === 'claimed' ? `; the run on ${next.machine} makes up for it now` : `; it ran on ${next.machine} since`
}

/**
 * What a person should know who comes back: of each schedule the ticks that were missed, or failed without a success
 * since, from `since` on.
 */
export function ledgerSentences(schedules: readonly Pick<ScheduleSummary, 'name' | 'schedule' | 'ticks'>[], since: Date): LedgerSentence[] {
  return schedules.flatMap((one) => {
    const recent = one.ticks.filter(({ due_at }) => Date.parse(due_at) >= since.getTime())
    const missed = recent.filter(({ outcome }) => outcome === 'missed')
    const lastRan = recent.findIndex(({ outcome }) => outcome === 'ran')
    const failed = recent.slice(0, lastRan < 0 ? undefined : lastRan).filter(({ outcome }) => outcome === 'failed')
    const say = (ticks: readonly ScheduleTick[], outcome: LedgerSentence['outcome'], verb: string): LedgerSentence[] => {
      const [tick] = ticks
      if (tick === undefined) return []
      const ending = outcome === 'missed' ? `${whyWords(ticks)}${madeUp(recent, tick)}` : whyWords(ticks)
      return [{ schedule: one.name, outcome, tick, words: `${count(ticks)} of “${nameOf(one)}” ${verb}${ending}.` }]
    }
    return [...say(failed, 'failed', 'failed'), ...say(missed, 'missed', missed.length === 1 ? 'was missed' : 'were missed')]
  })
}
