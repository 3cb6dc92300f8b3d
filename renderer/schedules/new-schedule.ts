/** A schedule that is not there yet: its name, and the text it begins with. Pure. */
import { scheduleNameSchema } from '../../shared/schedule.ts'

export const CRON_PRESETS = [
  { name: '*/5 * * * *', label: 'Every 5 minutes' },
  { name: '*/15 * * * *', label: 'Every 15 minutes' },
  { name: '0 * * * *', label: 'Every hour' },
  { name: '0 2 * * *', label: 'Every day at 02:00' },
  { name: '0 6 * * 1-5', label: 'Monday to Friday at 06:00' },
  { name: '0 6 * * 1', label: 'Every Monday at 06:00' },
  { name: '0 3 1 * *', label: 'First of the month at 03:00' },
] as const

/** `Nightly load!` → `nightly_load`; empty where no letter is left to begin with. */
export function nameFrom(title: string): string {
  return title
    .toLowerCase()
    .normalize('NFKD')
    .replaceAll(/[^a-z0-9_-]+/g, '_')
    .replaceAll(/^[^a-z]+|_+$/g, '')
    .slice(0, 63)
}

/** Why a new schedule cannot be called this; null when it can. */
export function nameProblem(name: string, taken: readonly string[]): string | null {
  if (name === '') return 'Give it a name.'
  if (!scheduleNameSchema.safeParse(name).success) return 'Use small letters, digits, _ and -, beginning with a letter.'
  return taken.includes(name) ? `There is already a schedule “${name}”.` : null
}

/** Comments say what each line can be, so that the text explains itself without the form. */
export function firstText(zone: string): string {
  return `title: Nightly load
zone: ${zone}
cron: 0 2 * * *      # minute hour day-of-month month day-of-week, or @daily
jobs: [all]          # all, groups or jobs; +job with all that it needs
missed: run_once     # ticks that nobody could run: run_once, skip or { each_up_to: 3 }
overlap: skip        # while the run before goes on: skip, queue or allow
enabled: true
`
}
