/**
 * What the computer does and runs on, told to the server: it falls asleep, wakes up, changes between battery and mains,
 * gains or loses its network, shuts down. The systems tell some of it and not all (Linux no change of power, none of
 * them a change of network), so the rest is looked at every few seconds.
 */
import { app, net, powerMonitor } from 'electron/main'
import type { ShellMessage } from '../shared/shell-messages.ts'

/** Often enough that a waiting run begins soon after the plug is in, rare enough to cost nothing. */
const LOOK_MILLISECONDS = 10_000

export interface Computer {
  /** Says how things stand, to a server that has just started. */
  tellAll(): void
}

/** Begins to watch. Only after `app` is ready. `tell` may be called while there is no server. */
export function watchComputer(tell: (message: ShellMessage) => void): Computer {
  let told: { on_battery: boolean; online: boolean } | null = null
  const at = (): string => new Date().toISOString()
  const look = (): void => {
    const now = { on_battery: powerMonitor.onBatteryPower, online: net.online }
    if (told?.on_battery !== now.on_battery) tell({ type: 'power', on_battery: now.on_battery })
    if (told?.online !== now.online) tell({ type: 'online', online: now.online })
    told = now
  }
  const resume = (): void => {
    look()
    tell({ type: 'resume', at: at() })
  }
  powerMonitor.on('suspend', () => tell({ type: 'suspend', at: at() }))
  powerMonitor.on('resume', resume)
  powerMonitor.on('unlock-screen', resume)
  powerMonitor.on('on-ac', look)
  powerMonitor.on('on-battery', look)
  powerMonitor.on('shutdown', quitInTime)
  setInterval(look, LOOK_MILLISECONDS).unref()
  return {
    tellAll: () => {
      told = null
      look()
    },
  }
}

/** The system waits for us when it is asked to; Electron’s types leave the event out. */
function quitInTime(event?: { preventDefault(): void }): void {
  event?.preventDefault()
  app.quit()
}
