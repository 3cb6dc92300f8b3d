/**
 * Electron's main process, as far as our shell uses it, without its binary. It acts instead of recording: the utility
 * process is a real child process, a window's page is fetched through the registered protocol, a quit asks
 * `before-quit` first, and what Electron refuses before or after `ready` throws. What Chromium itself does with
 * sandbox, isolation and permissions stays unproven here.
 */
import { fork, type ChildProcess } from 'node:child_process'
import { EventEmitter } from 'node:events'
import { join } from 'node:path'
import { vi } from 'vitest'

type ProtocolHandler = (request: Request) => Response | Promise<Response>

export class FakeUtilityProcess extends EventEmitter {
  pid: number | undefined
  readonly stdout
  readonly stderr
  readonly env: Record<string, string>
  readonly #child: ChildProcess

  constructor(file: string, options: Electron.ForkOptions) {
    super()
    this.env = (options.env ?? {}) as Record<string, string>
    const execArgv = ['--import', join(import.meta.dirname, 'parent-port.mjs')]
    this.#child = fork(file, [], { execArgv, stdio: ['ignore', 'pipe', 'pipe', 'ipc'], serialization: 'advanced', env: this.env })
    this.stdout = this.#child.stdout
    this.stderr = this.#child.stderr
    this.#child.on('spawn', () => {
      this.pid = this.#child.pid
      this.emit('spawn')
    })
    this.#child.on('message', (message) => this.emit('message', message))
    this.#child.on('close', (code, signal) => {
      this.pid = undefined
      this.emit('exit', code ?? (signal === 'SIGKILL' ? 137 : 143))
    })
  }

  postMessage(message: unknown): void {
    // Electron drops what is posted to a process that has just died; Node would raise EPIPE.
    if (this.#child.connected) this.#child.send({ data: message }, () => undefined)
  }

  kill(): boolean {
    return this.#child.kill()
  }

  /** For the end of a test: nothing may outlive it. */
  async end(): Promise<void> {
    if (this.pid === undefined) return
    this.#child.kill('SIGKILL')
    await new Promise((resolve) => this.once('exit', resolve))
  }
}

export function makeElectron(options: { hasLock?: boolean } = {}) {
  const state = { ready: false, quit: false }
  const children: FakeUtilityProcess[] = []
  const windows: FakeWindow[] = []
  const notifications: FakeNotification[] = []
  const handlers = new Map<string, ProtocolHandler>()
  const onlyWhen = (condition: boolean, what: string): void => {
    if (!condition) throw new Error(`Electron refuses ${what} at this point`)
  }

  const app = Object.assign(new EventEmitter(), {
    isPackaged: true,
    getVersion: () => '1.2.3',
    isReady: () => state.ready,
    whenReady: async () => {
      await new Promise((resolve) => setImmediate(resolve))
      state.ready = true
    },
    requestSingleInstanceLock: vi.fn(() => options.hasLock ?? true),
    setPath: vi.fn(),
    setAppUserModelId: vi.fn(),
    setAboutPanelOptions: vi.fn(),
    enableSandbox: vi.fn(() => onlyWhen(!state.ready, 'enableSandbox after ready')),
    quit: vi.fn(() => {
      const event = { defaultPrevented: false, preventDefault: () => (event.defaultPrevented = true) }
      app.emit('before-quit', event)
      if (event.defaultPrevented) return
      state.quit = true
      for (const window of [...windows]) window.emit('closed')
      app.emit('quit')
    }),
  })

  class FakeWindow extends EventEmitter {
    readonly options: Electron.BrowserWindowConstructorOptions
    readonly webContents = Object.assign(new EventEmitter(), { setWindowOpenHandler: vi.fn() })
    page: Response | null = null
    address = ''
    visible = false
    minimized = false
    focus = vi.fn()
    isVisible = (): boolean => this.visible
    isMinimized = (): boolean => this.minimized
    show = vi.fn(() => (this.visible = true))
    hide = vi.fn(() => (this.visible = false))
    restore = vi.fn(() => (this.minimized = false))

    constructor(windowOptions: Electron.BrowserWindowConstructorOptions) {
      super()
      onlyWhen(state.ready, 'a window before ready')
      this.options = windowOptions
      windows.push(this)
      this.on('closed', () => windows.splice(windows.indexOf(this), 1))
      app.emit('web-contents-created', {}, this.webContents)
    }

    async loadURL(address: string): Promise<void> {
      this.address = address
      const handler = handlers.get(new URL(address).protocol.slice(0, -1))
      if (handler === undefined) throw new Error(`ERR_UNKNOWN_URL_SCHEME ${address}`)
      this.page = await handler(new Request(address, { headers: { accept: 'text/html' } }))
      this.emit('ready-to-show')
    }
  }

  class FakeNotification extends EventEmitter {
    static isSupported = (): boolean => true
    readonly options: Electron.NotificationConstructorOptions

    constructor(notificationOptions: Electron.NotificationConstructorOptions) {
      super()
      onlyWhen(state.ready, 'a notification before ready')
      this.options = notificationOptions
    }

    show(): void {
      notifications.push(this)
    }
  }

  const defaultSession = {
    setPermissionRequestHandler: vi.fn(),
    setPermissionCheckHandler: vi.fn(),
    setDevicePermissionHandler: vi.fn(),
  }
  const main = {
    app,
    BrowserWindow: FakeWindow,
    Menu: { buildFromTemplate: vi.fn((template: unknown) => template), setApplicationMenu: vi.fn() },
    dialog: { showErrorBox: vi.fn(), showMessageBox: vi.fn(async () => ({ response: 1, checkboxChecked: false })) },
    nativeTheme: { shouldUseDarkColors: false },
    powerMonitor: Object.assign(new EventEmitter(), { onBatteryPower: false }),
    net: { online: true },
    Notification: FakeNotification,
    protocol: {
      registerSchemesAsPrivileged: vi.fn((_schemes: Electron.CustomScheme[]) => onlyWhen(!state.ready, 'schemes after ready')),
      handle: (scheme: string, handler: ProtocolHandler) => {
        onlyWhen(state.ready, 'protocol.handle before ready')
        handlers.set(scheme, handler)
      },
    },
    session: {
      get defaultSession() {
        onlyWhen(state.ready, 'the session before ready')
        return defaultSession
      },
    },
    utilityProcess: {
      fork: vi.fn((file: string, _arguments: string[], forkOptions: Electron.ForkOptions) => {
        onlyWhen(state.ready, 'utilityProcess.fork before ready')
        const child = new FakeUtilityProcess(file, forkOptions)
        children.push(child)
        return child
      }),
    },
  }
  const common = { shell: { openExternal: vi.fn(async () => undefined) } }
  return { main, common, app, state, children, windows, notifications, handlers, defaultSession }
}

export type FakeElectron = ReturnType<typeof makeElectron>
