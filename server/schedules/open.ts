/** The room behind its door: everything here is loaded with the first call, since most commands have no schedule to look at. */
import { join } from 'node:path'
import { mistake } from '../../shared/failure.ts'
import type { RunSummary } from '../../shared/run.ts'
import type { NextTick, ScheduleDetail, ScheduleInput, ScheduleSummary, ScheduleValidation } from '../../shared/schedule.ts'
import { scheduleNameSchema } from '../../shared/schedule.ts'
import { openCarrier } from './carry.ts'
import { openClockwork } from './clockwork.ts'
import {
  changeText,
  parseSchedule,
  readScheduleFile,
  readSchedules,
  removeScheduleFile,
  switchText,
  writeScheduleFile,
  type ReadSchedule,
  type ScheduleFile,
  type SelectionWords,
} from './files.ts'
import type { SchedulesNeeds, ShellNews } from './index.ts'
import { openLedger } from './ledger.ts'
import { openMemory } from './memory.ts'
import { openNotifications } from './notifications/open.ts'
import { systemTimers } from './timers.ts'
import { detail, nextOf, readTicks, summarise, validate, type KnownTicks, type ViewNeeds } from './views.ts'
import { openWorld, probeComputer } from './world.ts'

/** How a schedule is given: its text as a person writes it, or its values, which keep the comments of the file there is. */
export type ScheduleContent = { text: string } | { schedule: ScheduleInput }

function openTelling(needs: SchedulesNeeds, folder: string) {
  return openNotifications({
    folder: needs.folder,
    workspace: needs.workspace,
    machine: needs.identity.machine,
    local: needs.local,
    warehouse: needs.warehouse,
    clock: needs.clock,
    environment: needs.environment,
    showDesktop: needs.showDesktop ?? null,
    showRun: needs.showRun,
    askerOf: async (name) => {
      const file = await readScheduleFile(folder, name, null).catch(() => null)
      return { notify: file?.read?.schedule.notify ?? null, owner: file?.read?.schedule.owner ?? null }
    },
    changed: () => needs.changed?.('notifications'),
    log: needs.log,
  })
}

/** The part that runs by itself. */
function openMachine(needs: SchedulesNeeds, folder: string, notifications: ReturnType<typeof openTelling>) {
  const timers = needs.timers ?? systemTimers
  const ledger = openLedger(needs.warehouse, needs.identity.machine)
  const world = openWorld(needs.probe ?? probeComputer)
  const carrier = openCarrier({
    ...{ ledger, timers, startRun: needs.startRun, health: needs.health, log: needs.log },
    tell: notifications.tell,
    onRunEnded: notifications.onRunEnded,
    onPutOff: (name, reason) => clockwork.putOff(name, reason),
    onEnded: () => void clockwork.look(),
  })
  const clockwork = openClockwork({
    ...{ folder, ledger, carrier, timers, clock: needs.clock, machine: needs.identity.machine, log: needs.log },
    memory: openMemory(needs.local),
    worldState: world.state,
    lastSuccess: needs.lastSuccess,
    closeInterrupted: needs.closeInterrupted,
    tell: notifications.tell,
    changed: () => needs.changed?.('schedules'),
  })
  return { ledger, world, carrier, clockwork }
}

/** The files, read and written. */
function openFiles(needs: SchedulesNeeds, folder: string, view: ViewNeeds & { look(): void }) {
  // Without a catalogue (a broken job file) a schedule can still be looked at; its run would say what is wrong.
  const words = (): Promise<SelectionWords> => needs.selectionWords().catch(() => null)
  const read = async (name: string): Promise<ScheduleFile> => readScheduleFile(folder, name, await words())
  const readable = async (name: string): Promise<ReadSchedule> => {
    const file = await read(name)
    if (file.read === null) throw file.failure
    return file.read
  }
  const save = async (name: string, content: ScheduleContent): Promise<ScheduleDetail> => {
    if (!scheduleNameSchema.safeParse(name).success)
      throw mistake('schedule.bad-name', `“${name}” cannot name a schedule`, 'Use small letters, digits, _ and -, starting with a letter.')
    const before = await read(name).catch(() => null)
    const text = 'text' in content ? content.text : changeText(before?.text ?? '', content.schedule)
    parseSchedule(name, text, await words())
    await writeScheduleFile(folder, name, text)
    needs.changed?.('schedules')
    view.look()
    return detail(view, await read(name))
  }
  return {
    readable,
    /** Every schedule, the broken ones too, each with its next five times and its last ticks. */
    list: async (): Promise<ScheduleSummary[]> => summarise(view, await readSchedules(folder, await words())),
    /** Errors: `schedule.unknown`. */
    show: async (name: string): Promise<ScheduleDetail> => detail(view, await read(name)),
    /** The next times. Errors: `schedule.unknown`, what is wrong with its file. */
    next: async (name: string, count: number): Promise<NextTick[]> => nextOf(await readable(name), needs.clock(), count),
    /** What a text would mean; `name` only for messages. */
    validate: async (text: string, name = 'schedule'): Promise<ScheduleValidation> =>
      validate(name, text, { words: await words(), now: needs.clock() }),
    /** Creates or changes it. Errors: `schedule.*`, naming file, line and key. */
    save,
    /** Switches it on or off in its file, whose comments stay. Ticks of the time off are not missed. */
    enable: async (name: string, enabled: boolean): Promise<ScheduleDetail> => {
      await readable(name)
      const { text } = await read(name)
      return save(name, { text: switchText(text, enabled) })
    },
    /** Errors: `schedule.unknown`. */
    remove: async (name: string): Promise<void> => {
      await removeScheduleFile(folder, name)
      needs.changed?.('schedules')
      view.look()
    },
  }
}

type Machine = ReturnType<typeof openMachine>

/** Its beginning, what it hears of the computer, and its end. */
function openLife({ world, carrier, clockwork }: Machine, notifications: ReturnType<typeof openTelling>) {
  return {
    /** Begins the clockwork. */
    start: async (): Promise<void> => {
      await notifications.prune()
      await clockwork.start(() => void notifications.sweep())
      await notifications.sweep()
    },
    /** What the desktop shell tells of the computer. */
    tellShell: (news: ShellNews): void => {
      if (news.type === 'suspend') return clockwork.sleeps()
      if (news.type === 'resume') return clockwork.woke()
      world.tell(news.type === 'power' ? { on_battery: news.on_battery } : { online: news.online })
      clockwork.lookIfOn()
    },
    /** Resolves when nothing is under way. */
    settled: async (): Promise<void> => {
      await clockwork.look()
      await carrier.settled()
      await notifications.settled()
    },
    /** Ends the clockwork: runs of this process are cancelled and their ticks given back. */
    stop: async (): Promise<void> => {
      await clockwork.stop()
      await notifications.settled()
    },
  }
}

/** Opens the room. Errors: none here; calls reject with `schedule.*` and `notification.*`. */
export function openRoom(needs: SchedulesNeeds) {
  const folder = join(needs.folder, 'schedules')
  const notifications = openTelling(needs, folder)
  const machine = openMachine(needs, folder, notifications)
  const { ledger, clockwork } = machine
  const view: ViewNeeds = { ledger, local: needs.local, clock: needs.clock, waitingFor: clockwork.waitingFor }
  const { readable, ...files } = openFiles(needs, folder, { ...view, look: clockwork.lookIfOn })
  return {
    ...files,
    ...openLife(machine, notifications),
    notifications,
    /** A run ended, of whatever machine and process. */
    onRunEnded: notifications.onRunEnded,
    /** One look at everything that is due; resolves when it is decided, not when runs have ended. */
    look: clockwork.look,
    /** Ticks of one schedule, newest first, and where they were read. Errors: `schedule.unknown`. */
    ledger: async (name: string, limit: number): Promise<KnownTicks> => {
      await readScheduleFile(folder, name, null)
      return (await readTicks(view, [name], limit)).get(name) ?? { ticks: [], source: 'cache', as_of: null }
    },
    /** Starts what a tick would start, now, as a person’s run: it is no tick and stands in no ledger. */
    runNow: async (name: string, signal: AbortSignal): Promise<{ runId: string; done: Promise<RunSummary> }> => {
      const { schedule } = await readable(name)
      return needs.startRun({
        jobs: schedule.jobs,
        arguments: schedule.arguments,
        schedule: null,
        request: `schedule ${name}, run now`,
        signal,
      })
    },
  }
}

export type SchedulesRoom = ReturnType<typeof openRoom>
