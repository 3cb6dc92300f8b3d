import { afterEach, expect, test, vi } from 'vitest'
import { endShells, eventually, startShell } from './running-shell.ts'

afterEach(endShells)

async function page() {
  const { electron } = await startShell()
  return { electron, contents: electron.windows[0]!.webContents }
}

function attempt(url: string) {
  return { url, preventDefault: vi.fn() }
}

test.each(['will-navigate', 'will-redirect'])('%s leaves the app for no other address', async (event) => {
  const { contents } = await page()
  for (const url of [
    'https://example.com/',
    'app://quintile.example/',
    'app://other/',
    'file:///etc/passwd',
    'data:text/html,x',
    'not an address',
  ]) {
    const refused = attempt(url)
    contents.emit(event, refused)
    expect(refused.preventDefault, url).toHaveBeenCalledOnce()
  }
  const allowed = attempt('app://quintile/segments')
  contents.emit(event, allowed)
  expect(allowed.preventDefault).not.toHaveBeenCalled()
})

test('a webview is never attached', async () => {
  const { contents } = await page()
  const refused = attempt('app://quintile/')
  contents.emit('will-attach-webview', refused)
  expect(refused.preventDefault).toHaveBeenCalledOnce()
})

test('a new window is always denied, and only web and mail addresses go to the person’s own programs', async () => {
  const { electron, contents } = await page()
  const open = contents.setWindowOpenHandler.mock.calls[0]?.[0] as (details: { url: string }) => unknown
  for (const url of ['file:///etc/passwd', 'javascript:alert(1)', 'http://example.com/', 'app://quintile/', 'vscode://open']) {
    expect(open({ url })).toEqual({ action: 'deny' })
  }
  await new Promise((resolve) => setImmediate(resolve))
  expect(electron.common.shell.openExternal).not.toHaveBeenCalled()
  expect(open({ url: 'https://example.com/help' })).toEqual({ action: 'deny' })
  expect(open({ url: 'mailto:team@quintile.example' })).toEqual({ action: 'deny' })
  await eventually(() => expect(electron.common.shell.openExternal).toHaveBeenCalledTimes(2))
})

test('our page may notify and write to the clipboard; nobody may do anything else', async () => {
  const { electron } = await page()
  const request = electron.defaultSession.setPermissionRequestHandler.mock.calls[0]?.[0] as PermissionRequest
  const check = electron.defaultSession.setPermissionCheckHandler.mock.calls[0]?.[0] as PermissionCheck
  const isGranted = (permission: string, origin: string): boolean => {
    const answer = vi.fn<(granted: boolean) => void>()
    request(null, permission, answer, { requestingUrl: `${origin}/` })
    expect(check(null, permission, origin)).toBe(answer.mock.calls[0]?.[0])
    return answer.mock.calls[0]?.[0] ?? false
  }
  expect(isGranted('notifications', 'app://quintile')).toBe(true)
  expect(isGranted('clipboard-sanitized-write', 'app://quintile')).toBe(true)
  for (const permission of [
    'media',
    'geolocation',
    'clipboard-read',
    'openExternal',
    'local-network-access',
    'loopback-network',
    'unknown',
  ]) {
    expect(isGranted(permission, 'app://quintile'), permission).toBe(false)
  }
  expect(isGranted('notifications', 'https://example.com')).toBe(false)
  const device = electron.defaultSession.setDevicePermissionHandler.mock.calls[0]?.[0] as () => boolean
  expect(device()).toBe(false)
})

type PermissionRequest = (
  contents: null,
  permission: string,
  answer: (granted: boolean) => void,
  details: { requestingUrl: string },
) => void
type PermissionCheck = (contents: null, permission: string, origin: string) => boolean
