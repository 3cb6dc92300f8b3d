/**
 * What the computer runs on and whether it has a network. The desktop shell tells changes as they come; what it does not
 * know (the charge, and everything when there is no shell) is looked up.
 */
import { execFile } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { networkInterfaces } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Schedule } from '../../shared/schedule.ts'

/** Null: not known. */
export interface WorldState {
  on_battery: boolean | null
  /** Charge in percent. */
  battery: number | null
  online: boolean | null
}

type Probe = () => Promise<WorldState>

const UNKNOWN = { on_battery: null, battery: null }
const POWER_SUPPLIES = '/sys/class/power_supply'
const PROBE_MILLISECONDS = 5_000

type Power = Pick<WorldState, 'on_battery' | 'battery'>

/** Linux: one folder per supply; a battery that discharges is what the computer runs on. */
export async function readLinuxPower(folder = POWER_SUPPLIES): Promise<Power> {
  const names = await readdir(folder).catch(() => [])
  const word = (name: string, file: string): Promise<string> =>
    readFile(join(folder, name, file), 'utf8').then(
      (text) => text.trim(),
      () => '',
    )
  const supplies = await Promise.all(
    names.map(async (name) => ({
      type: await word(name, 'type'),
      // A mouse has a battery too; its scope says so.
      scope: await word(name, 'scope'),
      status: await word(name, 'status'),
      capacity: await word(name, 'capacity'),
    })),
  )
  const batteries = supplies.filter(({ type, scope }) => type === 'Battery' && scope !== 'Device')
  if (batteries.length === 0) return { on_battery: false, battery: null }
  const charges = batteries.flatMap(({ capacity }) => (/^\d+$/.test(capacity) ? [Number(capacity)] : []))
  return {
    on_battery: batteries.some(({ status }) => status === 'Discharging'),
    battery: charges.length === 0 ? null : Math.round(charges.reduce((sum, charge) => sum + charge, 0) / charges.length),
  }
}

/** macOS: what `pmset -g batt` prints. */
export function parseMacPower(text: string): Power {
  const charge = /(\d+)%/.exec(text)?.[1]
  return { on_battery: /drawing from 'Battery Power'/.test(text), battery: charge === undefined ? null : Number(charge) }
}

/** Windows: `status charge` of the first battery; status 1 is “discharging”, nothing at all is a computer without one. */
export function parseWindowsPower(text: string): Power {
  const [status, charge] = text.trim().split(/\s+/).map(Number)
  if (status === undefined || Number.isNaN(status)) return { on_battery: false, battery: null }
  return { on_battery: status === 1, battery: charge === undefined || Number.isNaN(charge) ? null : charge }
}

const WINDOWS_QUERY =
  'Get-CimInstance Win32_Battery | Select-Object -First 1 | ForEach-Object { "$($_.BatteryStatus) $($_.EstimatedChargeRemaining)" }'

async function readPower(): Promise<Power> {
  const say = async (program: string, words: string[]): Promise<string> =>
    (await promisify(execFile)(program, words, { timeout: PROBE_MILLISECONDS, windowsHide: true })).stdout
  try {
    if (process.platform === 'linux') return await readLinuxPower()
    if (process.platform === 'darwin') return parseMacPower(await say('/usr/bin/pmset', ['-g', 'batt']))
    if (process.platform === 'win32')
      return parseWindowsPower(await say('powershell.exe', ['-NoProfile', '-NonInteractive', '-Command', WINDOWS_QUERY]))
  } catch {
    // Not known is an answer too: the schedule says why it waits.
  }
  return UNKNOWN
}

/** Looks at this computer. A network is any address beyond this computer itself. */
export const probeComputer: Probe = async () => ({
  ...(await readPower()),
  online: Object.values(networkInterfaces()).some((addresses) => addresses?.some(({ internal }) => !internal)),
})

/** Opens the view of the computer; `told` is what the shell knows better. */
export function openWorld(probe: Probe) {
  let told: Partial<WorldState> = {}
  return {
    state: async (): Promise<WorldState> => ({ ...(await probe()), ...told }),
    tell: (news: Partial<Pick<WorldState, 'on_battery' | 'online'>>): void => {
      told = { ...told, ...news }
    },
  }
}

/** Whether a schedule asks for anything of the computer. */
export function hasConditions({ only_on_power, only_online }: Schedule): boolean {
  return only_on_power !== false || only_online
}

/** Why nothing may start now; null when all that the schedule asks for is there. */
export function reasonToWait({ only_on_power, only_online }: Schedule, { on_battery, battery, online }: WorldState): string | null {
  if (only_online && online === false) return 'there is no network'
  if (only_on_power === false || on_battery !== true) return null
  if (only_on_power === true) return 'the computer runs on battery'
  if (battery === null) return 'the computer runs on battery, and its charge is not known'
  const { battery_above: least } = only_on_power
  return battery > least ? null : `the battery is at ${String(battery)} %, the schedule wants more than ${String(least)} %`
}
