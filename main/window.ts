/** The one window. */
import { BrowserWindow, nativeTheme } from 'electron/main'
import { VERSION_ARGUMENT } from '../shared/bridge.ts'
import { COLOURS } from './colours.ts'
import { APP_ORIGIN } from './policy.ts'

export interface WindowOptions {
  preload: string
  version: string
}

export interface MainWindow {
  /** Makes the window, hidden until its page is drawn. Does nothing when it exists. */
  open(): void
  /** Shows the app's page in it. */
  load(): void
  /** Brings it to the front; opens it again if it was closed. While it is not drawn yet, it will show itself. */
  focus(): void
  /** Brings it to the front with this place of the screen; opens it if it was closed. */
  show(path: string): void
  /** Takes it off the screen at once, while the rest of the app closes. */
  hide(): void
}

export function makeMainWindow(options: WindowOptions): MainWindow {
  let window: BrowserWindow | null = null
  let loaded = false

  function open(): BrowserWindow {
    if (window !== null) return window
    const opened = createWindow(options)
    opened.once('closed', () => {
      window = null
    })
    window = opened
    return opened
  }

  function load(path = '/'): void {
    loaded = true
    // A failed load shows the engine's own page, and the person can reload it; the rejection adds nothing.
    open()
      .loadURL(`${APP_ORIGIN}${path}`)
      .catch(() => undefined)
  }

  function show(path: string): void {
    load(path)
    focus()
  }

  function focus(): void {
    if (window === null && loaded) return load()
    if (window?.isMinimized()) window.restore()
    if (window?.isVisible()) window.focus()
  }

  return { open: () => void open(), load: () => load(), focus, show, hide: () => window?.hide() }
}

function createWindow(options: WindowOptions): BrowserWindow {
  const window = new BrowserWindow({
    name: 'main',
    windowStatePersistence: true,
    title: 'Quintile',
    width: 1440,
    height: 900,
    minWidth: 1024,
    minHeight: 700,
    show: false,
    // The page's own, so that nothing flashes before it is drawn.
    backgroundColor: nativeTheme.shouldUseDarkColors ? COLOURS.canvas.dark : COLOURS.canvas.light,
    webPreferences: {
      preload: options.preload,
      additionalArguments: [`${VERSION_ARGUMENT}${options.version}`],
      contextIsolation: true,
      sandbox: true,
      nodeIntegration: false,
      webSecurity: true,
      spellcheck: false, // would fetch dictionaries from a network that may not be there
    },
  })
  window.once('ready-to-show', () => window.show())
  return window
}
