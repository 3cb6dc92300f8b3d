/**
 * What this machine remembers of each schedule: since when it has been on, as it stands now. Ticks before that are not
 * missed: nobody wanted them. Kept locally, because a schedule is switched on in one workspace folder, on one machine.
 */
import { toIso } from '../../shared/time.ts'
import type { LocalStore } from '../local/index.ts'
import type { ReadSchedule } from './files.ts'

interface Remembered {
  since: string
  /** When it is due; another cron line or zone starts anew. */
  key: string
  enabled: boolean
  /** The newest decided tick that the warehouse told of, for when it cannot be asked. */
  newest: string | null
}

/** Longer absences are not made up one by one: a month of ticks every minute is 43,200. */
const LONGEST_ABSENCE_MILLISECONDS = 31 * 86_400_000

/** Opens the memory of this machine. */
export function openMemory(local: LocalStore) {
  const recall = (name: string): Remembered | undefined => local.answer(`schedule ${name}`) as Remembered | undefined
  const keep = (name: string, remembered: Remembered): void => local.keepAnswer(`schedule ${name}`, remembered)

  return {
    /**
     * Notes how the schedule stands now; answers with the moment (milliseconds) after which its ticks count. `newest` is
     * the newest decided tick; undefined when the warehouse cannot be asked.
     */
    observe: ({ name, schedule, cron }: ReadSchedule, now: number, newest: number | null | undefined): number => {
      const before = recall(name)
      const key = `${cron.expression} ${schedule.zone}`
      const goesOn = before !== undefined && before.key === key && before.enabled && Date.parse(before.since) <= now
      const since = goesOn ? before.since : toIso(now)
      const known = newest === undefined ? (before?.newest ?? null) : newest === null ? null : toIso(newest)
      const changed = { since, key, enabled: schedule.enabled, newest: known }
      if (JSON.stringify(changed) !== JSON.stringify(before)) keep(name, changed)
      // After the clock was set back, a tick decided in what is now the future says nothing about those before it.
      const decided = known !== null && Date.parse(known) <= now ? Date.parse(known) : 0
      return Math.max(Date.parse(since), decided, now - LONGEST_ABSENCE_MILLISECONDS)
    },
  }
}

export type Memory = ReturnType<typeof openMemory>
