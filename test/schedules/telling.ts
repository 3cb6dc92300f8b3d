/** Runs of an hourly schedule that end as a test wants, and what a webhook and the inbox hear of them. */
import { expect } from 'vitest'
import type { Notification } from '../../shared/notification.ts'
import { NO_COUNTS, type RunDetail } from '../../shared/run.ts'
import { fakeTime, type FakeTime } from './fake-time.ts'
import { openHook, type Hook } from './post-office.ts'
import { openShop, type Machine, type Shop } from './shop.ts'
import type { Connection } from '../../server/warehouse/index.ts'

export const MINUTE = 60_000
export const HOUR = 60 * MINUTE
const HOURLY = 'title: Load\ncron: "0 * * * *"\njobs: [all]\n'
/** One webhook; its address is in TEAM_HOOK. */
export const TEAM = 'channels:\n  team: { webhook: { url_env: TEAM_HOOK } }\n'

/** A step that ended so. */
export function step(
  job: string,
  status: 'succeeded' | 'failed' | 'skipped',
  code = 'warehouse.unreachable',
  position = 0,
): RunDetail['steps'][number] {
  const error = status === 'failed' ? { code, message: `${job} broke`, hint: 'Mend it.', details: {} } : null
  const times = { started_at: null, ended_at: null, seconds: null, attempts: 1, watermark: null, watermark_before: null }
  return { job, group: 'facts', position, source: null, target: null, status, ...NO_COUNTS, ...times, note: null, reconciles: true, error }
}

/** What a run says whose jobs failed, or went well. */
export const failing = (...jobs: string[]): Partial<RunDetail> => ({
  steps: jobs.map((job, position) => step(job, 'failed', 'warehouse.unreachable', position)),
})
export const fine = (...jobs: string[]): Partial<RunDetail> => ({ steps: jobs.map((job) => step(job, 'succeeded')) })

/** What a machine’s inbox holds, newest first. */
export const inbox = ({ room }: Machine): Notification[] => room.notifications.list({ offset: 0, limit: 50, unread: false }).notifications

export interface Team {
  time: FakeTime
  shop: Shop
  hook: Hook
  /** A machine with its clockwork on, under these settings. */
  open(settings?: string): Promise<Machine>
  /** Another machine on the same workspace, not looking by itself. */
  other(name: string): Machine
  /** One hour passes, the tick runs and ends so; the machine hears of it. */
  tick(machine: Machine, status: 'succeeded' | 'failed', change: Partial<RunDetail>): Promise<RunDetail>
  /** What the webhook was told. */
  sent(): { title: string; kind: string; count: number }[]
  close(): Promise<void>
}

export async function openTeam(connection: Connection): Promise<Team> {
  const time = fakeTime('2026-11-20T10:00:30Z')
  const shop = await openShop(connection, time)
  const hook = await openHook()
  await shop.sql('TRUNCATE quintile.schedule_ticks, quintile.sent_notifications')
  await shop.write('daily', HOURLY)
  const other = (name: string): Machine => shop.machine(name, { environment: { TEAM_HOOK: hook.url } })
  return {
    ...{ time, shop, hook, other },
    open: async (settings = TEAM) => {
      await shop.notify(settings)
      const machine = other('near')
      await machine.room.start()
      return machine
    },
    tick: async (machine, status, change) => {
      const before = shop.runs.length
      time.jump(HOUR)
      await machine.room.look()
      await expect.poll(() => shop.runs.length).toBe(before + 1)
      const run = await shop.runs[before]!.end(status, change)
      await machine.room.settled()
      return run
    },
    sent: () =>
      hook.calls.flatMap(
        ({ body }) => (JSON.parse(body) as { notifications: { title: string; kind: string; count: number }[] }).notifications,
      ),
    close: async () => {
      await shop.close()
      await hook.close()
    },
  }
}
