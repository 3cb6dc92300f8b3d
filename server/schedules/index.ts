/**
 * Schedules: when jobs run by themselves, what becomes of ticks that were missed, and who is told when something is wrong.
 * The room is loaded with its first call.
 */
import type { ChannelSummary, Notification } from '../../shared/notification.ts'
import type { RunDetail, RunSummary } from '../../shared/run.ts'
import type { NextTick, ScheduleDetail, ScheduleSummary, ScheduleTick, ScheduleValidation } from '../../shared/schedule.ts'
import type { Clock } from '../../shared/time.ts'
import type { LocalStore } from '../local/index.ts'
import type { Warehouse } from '../warehouse/index.ts'
import type { CarryNeeds } from './carry.ts'
import type { LookNeeds } from './look.ts'
import type { DesktopNotification } from './notifications/send.ts'
import type { ScheduleContent, SchedulesRoom } from './open.ts'
import type { Timers } from './timers.ts'
import type { WorldState } from './world.ts'

export type { HealthLine, ScheduledRun } from './carry.ts'
export { latestSuccess } from './success.ts'

/** What the desktop shell tells of the computer. */
export type ShellNews =
  { type: 'suspend' } | { type: 'resume' } | { type: 'power'; on_battery: boolean } | { type: 'online'; online: boolean }

export interface SchedulesNeeds extends Pick<CarryNeeds, 'startRun' | 'health'>, Pick<LookNeeds, 'lastSuccess' | 'closeInterrupted'> {
  /** The workspace’s folder: `schedules/` and `notifications.yaml` lie in it. */
  folder: string
  /** The workspace’s name, for messages. */
  workspace: string
  warehouse: Warehouse
  local: LocalStore
  clock: Clock
  identity: { machine: string; user: string }
  /** Where the secrets are that `notifications.yaml` names. */
  environment: NodeJS.ProcessEnv
  /** A run from the book, with its steps and checks. */
  showRun(runId: string): Promise<RunDetail>
  /** `all`, groups and jobs: what a schedule may name. */
  selectionWords(): Promise<readonly string[]>
  /** Shows a desktop notification; left out where there is no desktop shell. */
  showDesktop?: ((notification: DesktopNotification) => void) | null
  /** Something changed that the screen shows. */
  changed?: (what: 'schedules' | 'notifications') => void
  log(thrown: unknown): void
  /** Left out outside of tests. */
  timers?: Timers
  /** Looks at power and network; left out outside of tests. */
  probe?: () => Promise<WorldState>
}

/** Opens the room; nothing runs before `start`. Errors: none here; calls reject with `schedule.*` and `notification.*`. */
export function openSchedules(needs: SchedulesNeeds) {
  let loaded: Promise<SchedulesRoom> | undefined
  const room = (): Promise<SchedulesRoom> => (loaded ??= import('./open.ts').then(({ openRoom }) => openRoom(needs)))
  return {
    /** Every schedule, the broken ones too, each with its next five times and its last ticks. */
    list: async (): Promise<ScheduleSummary[]> => (await room()).list(),
    /** One schedule with its file. Errors: `schedule.unknown`. */
    show: async (name: string): Promise<ScheduleDetail> => (await room()).show(name),
    /** Its next times. Errors: `schedule.unknown`, and what is wrong with its file. */
    next: async (name: string, count: number): Promise<NextTick[]> => (await room()).next(name, count),
    /** Its ticks, newest first. Errors: `schedule.unknown`. */
    ledger: async (name: string, limit: number): Promise<{ ticks: ScheduleTick[]; source: 'warehouse' | 'cache'; as_of: string | null }> =>
      (await room()).ledger(name, limit),
    /** What a text would mean as a schedule, without saving it. */
    validate: async (text: string, name?: string): Promise<ScheduleValidation> => (await room()).validate(text, name),
    /** Creates or changes a schedule. Errors: `schedule.*` with file, line and key. */
    save: async (name: string, content: ScheduleContent): Promise<ScheduleDetail> => (await room()).save(name, content),
    /** Switches it on or off. Ticks of the time off are not missed. */
    enable: async (name: string, enabled: boolean): Promise<ScheduleDetail> => (await room()).enable(name, enabled),
    remove: async (name: string): Promise<void> => (await room()).remove(name),
    /** Starts now what a tick would start, as a person’s run. */
    runNow: async (name: string, signal: AbortSignal): Promise<{ runId: string; done: Promise<RunSummary> }> =>
      (await room()).runNow(name, signal),
    notifications: {
      /** The inbox, newest first. */
      list: async (page: {
        offset: number
        limit: number
        unread: boolean
      }): Promise<{ notifications: Notification[]; total: number; unread: number }> => (await room()).notifications.list(page),
      /** Marks these as read, or all when null; answers how many were not. */
      read: async (ids: readonly string[] | null): Promise<number> => (await room()).notifications.read(ids),
      channels: async (): Promise<ChannelSummary[]> => (await room()).notifications.channels(),
      /** Sends a test now. Errors: `notification.*`. */
      test: async (channel: string): Promise<{ channel: string; to: string }> => (await room()).notifications.test(channel),
    },
    /** To be called for each run that ended, of whatever machine; told twice, it does nothing the second time. Never rejects. */
    onRunEnded: async (run: RunSummary): Promise<void> => (await room()).onRunEnded(run),
    /** Begins the clockwork of this process; ticks that were missed are made up for by the schedules’ policies. */
    start: async (): Promise<void> => (await room()).start(),
    /** Passes on what the desktop shell tells. */
    tellShell: async (news: ShellNews): Promise<void> => (await room()).tellShell(news),
    /** Resolves when nothing is under way. */
    settled: async (): Promise<void> => (await room()).settled(),
    /** Ends the clockwork: its runs are cancelled, their ticks given back. */
    stop: async (): Promise<void> => {
      if (loaded !== undefined) await (await loaded).stop()
    },
  }
}

export type Schedules = ReturnType<typeof openSchedules>
