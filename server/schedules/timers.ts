/** What wakes the clockwork: node-cron for times of day, plain timers for short waits. An argument, so that tests bring their own time. */
import { schedule as scheduleTask } from 'node-cron'

type Stop = () => void

export interface Timers {
  /**
   * Calls at the times of the expression in the zone. It may miss some (the machine slept, daylight saving): whoever is
   * woken works out for itself what is due.
   */
  cron(expression: string, zone: string, wake: () => void): Stop
  /** Calls once after so many milliseconds. */
  after(milliseconds: number, wake: () => void): Stop
}

/** node-cron writes warnings of its own about what it missed; we have a ledger for that. */
const SILENT = { info: () => undefined, warn: () => undefined, error: () => undefined, debug: () => undefined }

/** The real ones. None keeps a process alive. */
export const systemTimers: Timers = {
  cron: (expression, zone, wake) => {
    const task = scheduleTask(expression, () => wake(), { timezone: zone, logger: SILENT, suppressMissedWarning: true, unref: true })
    // A late tick is reported as missed and not run: it is all the same to us, who look at the ledger.
    task.on('execution:missed', () => wake())
    return () => void task.destroy()
  },
  after: (milliseconds, wake) => {
    const timer = setTimeout(wake, milliseconds)
    timer.unref()
    return () => clearTimeout(timer)
  },
}
