/** The Chromium that end-to-end tests drive. None is downloaded: the machine's own is found, or the test says what to install. */
import { accessSync, constants, readdirSync } from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'
import { chromium, type Browser } from 'playwright-core'

const COMMANDS = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'microsoft-edge']

const MAC_PLACES = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge',
]

const WINDOWS_PLACES = ['Google/Chrome/Application/chrome.exe', 'Chromium/Application/chrome.exe', 'Microsoft/Edge/Application/msedge.exe']

/** Inside Playwright's `chromium-<revision>` folders. */
const PLAYWRIGHT_INNER = [
  'chrome-linux/chrome',
  'chrome-linux64/chrome',
  'chrome-mac/Chromium.app/Contents/MacOS/Chromium',
  'chrome-mac-arm64/Google Chrome for Testing.app/Contents/MacOS/Google Chrome for Testing',
  'chrome-win/chrome.exe',
  'chrome-win64/chrome.exe',
]

function canRun(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

function fromPath(): string[] {
  const folders = ['/usr/bin', ...(process.env['PATH'] ?? '').split(delimiter)].filter((folder) => folder !== '')
  return COMMANDS.flatMap((command) => folders.map((folder) => join(folder, command)))
}

function fromWindows(): string[] {
  const roots = [process.env['PROGRAMFILES'], process.env['PROGRAMFILES(X86)'], process.env['LOCALAPPDATA']]
  return roots.flatMap((root) => (root === undefined ? [] : WINDOWS_PLACES.map((place) => join(root, place))))
}

function fromPlaywright(): string[] {
  const own = process.env['PLAYWRIGHT_BROWSERS_PATH']
  const homes = [join(homedir(), '.cache'), join(homedir(), 'Library', 'Caches'), process.env['LOCALAPPDATA'] ?? '']
  const folders = own === undefined ? homes.filter((home) => home !== '').map((home) => join(home, 'ms-playwright')) : [own]
  return folders.flatMap((folder) => {
    const revisions = namesIn(folder).filter((name) => /^chromium-\d+$/.test(name))
    return revisions.flatMap((revision) => PLAYWRIGHT_INNER.map((inner) => join(folder, revision, inner)))
  })
}

function namesIn(folder: string): string[] {
  try {
    // Newest revision first.
    return readdirSync(folder).sort().reverse()
  } catch {
    return []
  }
}

/** Path of a Chromium: `QUINTILE_CHROMIUM`, else the usual places of Linux, macOS, Windows and Playwright. Throws where there is none. */
export function findBrowser(): string {
  const asked = process.env['QUINTILE_CHROMIUM']
  if (asked !== undefined && asked !== '') {
    if (canRun(asked)) return asked
    throw new Error(`QUINTILE_CHROMIUM is ${asked}, which is not a program that can be run. Correct it or unset it.`)
  }
  const found = [...fromPath(), ...MAC_PLACES, ...fromWindows(), ...fromPlaywright()].find(canRun)
  if (found !== undefined) return found
  throw new Error(
    'No Chromium found, and the end-to-end tests drive a real one. Install it (Debian: `apt-get install chromium`; ' +
      'macOS and Windows: Google Chrome) or set QUINTILE_CHROMIUM to its path.',
  )
}

/** Starts the browser, head-less. The caller closes it. */
export async function openBrowser(): Promise<Browser> {
  // Chromium refuses its sandbox to root, which is what containers run as.
  const sandbox = process.getuid?.() === 0 ? ['--no-sandbox'] : []
  return await chromium.launch({ executablePath: findBrowser(), args: [...sandbox, '--disable-dev-shm-usage'] })
}
