/** A clock that stands until it is moved, and timers that go by it. */
import type { Timers } from '../../server/schedules/timers.ts'

export interface FakeTime {
  now: number
  clock: () => number
  timers: Timers
  /** Moves the clock and fires the timers that came due, in order; cron tasks fire by the guard’s own minute. */
  pass(milliseconds: number): void
  /** Moves the clock without any timer: a sleep, or somebody set it. */
  jump(milliseconds: number): void
  /** Expressions of the armed cron tasks with their zones. */
  armed(): string[]
}

interface Waiting {
  at: number
  wake: () => void
}

const MINUTE = 60_000

export function fakeTime(start: string): FakeTime {
  const waiting = new Set<Waiting>()
  const tasks = new Map<() => void, { expression: string; zone: string }>()
  const time: FakeTime = {
    now: Date.parse(start),
    clock: () => time.now,
    timers: {
      cron: (expression, zone, wake) => {
        const own = (): void => wake()
        tasks.set(own, { expression, zone })
        return () => void tasks.delete(own)
      },
      after: (milliseconds, wake) => {
        const one = { at: time.now + milliseconds, wake }
        waiting.add(one)
        return () => void waiting.delete(one)
      },
    },
    pass: (milliseconds) => {
      const end = time.now + milliseconds
      for (;;) {
        const next = Math.min(...[...waiting].map(({ at }) => at), (Math.floor(time.now / MINUTE) + 1) * MINUTE)
        if (next > end) break
        time.now = Math.max(time.now, next)
        for (const one of [...waiting].filter(({ at }) => at <= time.now)) {
          waiting.delete(one)
          one.wake()
        }
        if (time.now % MINUTE === 0) for (const wake of tasks.keys()) wake()
      }
      time.now = end
    },
    jump: (milliseconds) => {
      time.now += milliseconds
    },
    armed: () => [...tasks.values()].map(({ expression, zone }) => `${expression} ${zone}`),
  }
  return time
}
