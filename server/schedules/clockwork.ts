/**
 * The clockwork: whenever something wakes it (a tick of node-cron, the guard each minute, the computer waking up, power or
 * network coming back, a run that ended) it looks at all schedules and decides what is due. A look is idempotent: what
 * it decides depends on the clock and the ledger, never on who woke it or how often.
 */
import { toFailure } from '../../shared/failure.ts'
import { oneAtATime, openArming } from './arming.ts'
import { readSchedules, type ReadSchedule } from './files.ts'
import type { LedgerState } from './ledger.ts'
import { lookAt, type LookNeeds } from './look.ts'
import type { Timers } from './timers.ts'
import { hasConditions, type WorldState } from './world.ts'

export interface ClockworkNeeds extends Omit<LookNeeds, 'waitingFor' | 'setWaiting' | 'isPutOff' | 'wakeIn'> {
  /** `schedules/` of the workspace. */
  folder: string
  timers: Timers
  worldState(): Promise<WorldState>
  log(thrown: unknown): void
}

/** Half past each minute: the ticks themselves come at its beginning. */
const GUARD = '30 * * * * *'
/** After waking, a network needs a moment. */
const WAKE_MILLISECONDS = 5_000
/** The computer says that it goes to sleep some seconds before it does: what began now would be cut off. */
const FALLING_ASLEEP_MILLISECONDS = 30_000
const NO_CONDITIONS: WorldState = { on_battery: null, battery: null, online: null }

/** What was put off is tried again by the next guard; at once it would be refused at once, round and round. */
const PUT_OFF_MILLISECONDS = 20_000

/** What each schedule waits for. */
function openWaiting({ clock, changed }: ClockworkNeeds) {
  const waiting = new Map<string, string>()
  const putOff = new Map<string, number>()
  const own = {
    isPutOff: (name: string): boolean => Math.abs(clock() - (putOff.get(name) ?? -Infinity)) < PUT_OFF_MILLISECONDS,
    /** A tick was given back; it waits for this. */
    putOff: (name: string, reason: string): void => {
      putOff.set(name, clock())
      own.setWaiting(name, reason)
    },
    waitingFor: (name: string): string | null => waiting.get(name) ?? null,
    setWaiting: (name: string, reason: string | null): void => {
      if ((waiting.get(name) ?? null) === reason) return
      if (reason === null) waiting.delete(name)
      else waiting.set(name, reason)
      changed()
    },
  }
  return own
}

/** What the ledger says, or why it cannot be asked: no connection, or tables that are not there yet. */
async function readLedger({ ledger, clock }: ClockworkNeeds, names: readonly string[]): Promise<Map<string, LedgerState> | string> {
  try {
    return names.length === 0 ? new Map() : await ledger.read(names, clock())
  } catch (thrown) {
    const { kind, message } = toFailure(thrown)
    if (kind === 'stop') throw thrown
    return kind === 'retry' ? 'the warehouse cannot be reached' : message
  }
}

type Tools = Pick<LookNeeds, 'waitingFor' | 'setWaiting' | 'isPutOff' | 'wakeIn'>

/** One look at all schedules, by name. */
async function lookAtAll(needs: ClockworkNeeds, tools: Tools, schedules: readonly ReadSchedule[]): Promise<void> {
  const enabled = schedules.filter(({ schedule }) => schedule.enabled)
  const names = enabled.map(({ name }) => name)
  const states = await readLedger(needs, names)
  const world = enabled.some(({ schedule }) => hasConditions(schedule)) ? await needs.worldState() : NO_CONDITIONS
  for (const read of schedules)
    await lookAt({ ...needs, ...tools }, read, { state: typeof states === 'string' ? states : states.get(read.name), world }).catch(
      (thrown: unknown) => {
        if (toFailure(thrown).kind === 'retry') tools.setWaiting(read.name, toFailure(thrown).message)
        else needs.log(thrown)
      },
    )
}

/** Off, on, ended for good; and the moments around sleep. */
function openState({ clock }: ClockworkNeeds) {
  let state: 'off' | 'on' | 'ended' = 'off'
  let asleepUntil = 0
  return {
    set: (next: typeof state): void => void (state = next),
    isOn: (): boolean => state === 'on',
    sleeps: (asleep: boolean): void => void (asleepUntil = asleep ? clock() + FALLING_ASLEEP_MILLISECONDS : 0),
    /** The second half is for a clock that was set back meanwhile. */
    mayLook: (): boolean => state !== 'ended' && (clock() >= asleepUntil || clock() < asleepUntil - FALLING_ASLEEP_MILLISECONDS),
  }
}

/** Opens it; nothing runs before `start`. */
export function openClockwork(needs: ClockworkNeeds) {
  const { carrier, timers, ledger, clock } = needs
  const { waitingFor, putOff, ...waiting } = openWaiting(needs)
  const state = openState(needs)
  const wakeIn = (milliseconds: number): void => {
    if (state.isOn()) timers.after(milliseconds, () => void look())
  }
  const arming = openArming(timers, () => void look())
  const look = oneAtATime(async () => {
    const schedules = (await readSchedules(needs.folder, null)).flatMap(({ read }) => read ?? [])
    if (state.isOn()) arming.arm(schedules)
    if (state.mayLook()) await lookAtAll(needs, { ...waiting, waitingFor, wakeIn }, schedules)
  }, needs.log)

  let stopGuard = (): void => undefined
  const beat = (): void => {
    carrier.renew().catch(() => undefined)
    void look()
  }
  return {
    ...{ look, waitingFor, putOff, sleeps: () => state.sleeps(true) },
    /** Something changed that a tick may wait for. */
    lookIfOn: (): void => void (state.isOn() && look()),
    /** Begins; resolves after the first look, which makes up for what was missed while nothing ran. */
    start: async (onBeat: () => void): Promise<void> => {
      state.set('on')
      stopGuard = timers.cron(GUARD, 'UTC', () => (beat(), onBeat()))
      await ledger.prune(clock()).catch(() => undefined)
      await look()
    },
    /** The computer woke up. */
    woke: (): void => (state.sleeps(false), wakeIn(WAKE_MILLISECONDS)),
    /** Ends; what runs is cancelled and its ticks are given back. */
    stop: async (): Promise<void> => {
      state.set('ended')
      stopGuard()
      arming.disarm()
      await look()
      await carrier.stop()
    },
  }
}
