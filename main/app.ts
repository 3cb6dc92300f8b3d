/**
 * The shell's life: one instance, one server, one window. It knows the server as a path and the screen as a page.
 *
 * Start: lock → scheme and guards (both must exist before `ready`) → ready → server and window side by side → page.
 * End: any wish to quit hides the window, asks the server to stop and waits for its exit (`quit.ts`).
 */
import { app, protocol } from 'electron/main'
import { toFailure, type FailureReport } from '../shared/failure.ts'
import { watchComputer } from './computer.ts'
import { askToStartAgain, tellStartFailed } from './dialogs.ts'
import { hardenPages, hardenPermissions } from './hardening.ts'
import { setMenu } from './menu.ts'
import { showNotification } from './notification.ts'
import { findPlaces, type Places } from './places.ts'
import { APP_SCHEME } from './policy.ts'
import { makeProxy } from './protocol.ts'
import { quitInOrder, type Quit } from './quit.ts'
import { SERVER_LIMITS, type ServerLimits } from './server-child.ts'
import { openServer, type Server, type ServerOptions } from './server-process.ts'
import { makeMainWindow, type MainWindow } from './window.ts'

const APP_ID = 'dev.quintile.app'

export interface MainOptions {
  /** The build's folder, with `main/` and `server/` in it. */
  dist: string
  limits?: ServerLimits
}

/** Runs the app. Returns when the page is loading, or when it is clear that there will be none. */
export async function main(options: MainOptions): Promise<void> {
  const places = findPlaces(options.dist, process.env, process.argv)
  // The lock belongs to this folder, so it must be set before asking for the lock.
  if (places.browserData !== null) app.setPath('userData', places.browserData)
  if (!app.requestSingleInstanceLock()) {
    app.quit()
    return
  }
  prepare()
  const window = makeMainWindow({ preload: places.preload, version: app.getVersion() })
  let tellAll = (): void => undefined
  const server = makeServer(places, options.limits ?? SERVER_LIMITS, {
    onReady: () => tellAll(),
    onNotify: (notification) => showNotification(notification, window.show),
  })
  const quit = quitInOrder(() => {
    window.hide()
    return server.stop()
  })
  listen(window, quit)
  await app.whenReady()
  hardenPermissions()
  protocol.handle(APP_SCHEME, makeProxy(server.address))
  setMenu(process.platform)
  ;({ tellAll } = watchComputer(server.tell))
  await start(server, window, quit)
}

/** Everything that Electron accepts only before `ready`. */
function prepare(): void {
  app.setAppUserModelId(APP_ID)
  app.enableSandbox()
  protocol.registerSchemesAsPrivileged([
    { scheme: APP_SCHEME, privileges: { standard: true, secure: true, supportFetchAPI: true, stream: true, codeCache: true } },
  ])
  hardenPages()
}

function makeServer(places: Places, limits: ServerLimits, hears: Pick<ServerOptions, 'onReady' | 'onNotify'>): Server {
  const { serverEntry: entry, home, workspace } = places
  const server = openServer({ entry, home, workspace, limits, ...hears, onGone: (report) => void startAgainOrQuit(server, report) })
  return server
}

function listen(window: MainWindow, quit: Quit): void {
  app.on('second-instance', () => {
    if (!quit.isQuitting()) window.focus()
  })
  app.on('activate', () => {
    if (app.isReady() && !quit.isQuitting()) window.focus()
  })
  app.on('window-all-closed', () => {
    if (process.platform !== 'darwin') app.quit()
  })
}

async function start(server: Server, window: MainWindow, quit: Quit): Promise<void> {
  const started = server.start()
  window.open() // takes about as long as the server's start, so both happen at once
  try {
    await started
    window.load()
  } catch (error) {
    if (quit.isQuitting()) return
    tellStartFailed(toFailure(error).report())
    app.quit()
  }
}

async function startAgainOrQuit(server: Server, report: FailureReport): Promise<void> {
  if (!(await askToStartAgain(report))) return app.quit()
  try {
    await server.start()
  } catch (error) {
    await startAgainOrQuit(server, toFailure(error).report())
  }
}
