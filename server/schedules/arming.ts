/** One node-cron task per schedule that is on, in its own zone, as its file says now. */
import { nodeCronExpressions } from './cron.ts'
import type { ReadSchedule } from './files.ts'
import type { Timers } from './timers.ts'

/** Opens the set; `wake` is called at the ticks that node-cron sees. */
export function openArming(timers: Timers, wake: () => void) {
  const armed = new Map<string, { key: string; stop(): void }>()
  const disarm = (name: string): void => {
    armed.get(name)?.stop()
    armed.delete(name)
  }
  return {
    /** Makes the tasks be those of these schedules. */
    arm: (schedules: readonly ReadSchedule[]): void => {
      const wanted = new Map(schedules.filter(({ schedule }) => schedule.enabled).map((read) => [read.name, read]))
      const keyOf = ({ cron, schedule }: ReadSchedule): string => `${cron.expression} ${schedule.zone}`
      for (const [name, { key }] of [...armed]) {
        const read = wanted.get(name)
        if (read === undefined || keyOf(read) !== key) disarm(name)
      }
      for (const [name, read] of wanted) {
        if (armed.has(name)) continue
        const stops = nodeCronExpressions(read.cron).map((expression) => timers.cron(expression, read.schedule.zone, wake))
        armed.set(name, { key: keyOf(read), stop: () => stops.forEach((stop) => stop()) })
      }
    },
    disarm: (): void => {
      for (const name of [...armed.keys()]) disarm(name)
    },
  }
}

/** The same work, one at a time: a wish that comes meanwhile is another turn right behind. It never rejects. */
export function oneAtATime(work: () => Promise<void>, log: (thrown: unknown) => void): () => Promise<void> {
  let turn: Promise<void> | null = null
  let again = false
  return () => {
    again = true
    turn ??= (async () => {
      while (again) {
        again = false
        await work().catch(log)
      }
    })().finally(() => (turn = null))
    return turn
  }
}
