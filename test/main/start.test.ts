import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterEach, expect, test, vi } from 'vitest'
import { COLOURS } from '../../main/colours.ts'
import { endShells, eventually, startShell } from './running-shell.ts'

afterEach(endShells)

test('the shell starts the server and shows its page in one hidden window that appears when it is drawn', async () => {
  const { electron } = await startShell()
  expect(electron.windows).toHaveLength(1)
  const window = electron.windows[0]!
  await eventually(() => expect(window.visible).toBe(true))
  expect(await window.page?.text()).toContain('<title>Quintile</title>')
  expect(window.options.show).toBe(false)
})

test('the window is isolated, sandboxed and without Node', async () => {
  const { electron } = await startShell()
  const { webPreferences, ...options } = electron.windows[0]!.options
  expect(webPreferences).toMatchObject({ contextIsolation: true, sandbox: true, nodeIntegration: false, webSecurity: true })
  expect(webPreferences?.preload).toMatch(/main[\\/]preload\.cjs$/)
  expect(webPreferences?.additionalArguments).toEqual(['--quintile-version=1.2.3'])
  expect(options).toMatchObject({
    title: 'Quintile',
    minWidth: 1024,
    minHeight: 700,
    backgroundColor: COLOURS.canvas.light,
    windowStatePersistence: true,
  })
  expect(electron.app.enableSandbox).toHaveBeenCalledOnce()
})

test('the scheme is standard, secure and streaming, and never bypasses the content policy', async () => {
  const { electron } = await startShell()
  expect(electron.main.protocol.registerSchemesAsPrivileged).toHaveBeenCalledExactlyOnceWith([
    { scheme: 'app', privileges: { standard: true, secure: true, supportFetchAPI: true, stream: true, codeCache: true } },
  ])
})

test('a second instance quits and starts nothing', async () => {
  const { electron } = await startShell({ hasLock: false })
  expect(electron.state.quit).toBe(true)
  expect(electron.main.utilityProcess.fork).not.toHaveBeenCalled()
  expect(electron.windows).toHaveLength(0)
})

test('the first instance comes to the front when a second one is started', async () => {
  const { electron } = await startShell()
  const window = electron.windows[0]!
  await eventually(() => expect(window.visible).toBe(true))
  window.minimized = true
  electron.app.emit('second-instance')
  expect(window.minimized).toBe(false)
  expect(window.focus).toHaveBeenCalledOnce()
})

test('a closed window is opened again with its page when the app is activated', async () => {
  const { electron } = await startShell()
  electron.windows[0]!.emit('closed')
  electron.app.emit('activate')
  await eventually(() => expect(electron.windows[0]?.visible).toBe(true))
  expect(await electron.windows[0]?.page?.text()).toContain('Quintile')
})

test('the server gets a reduced environment without the token, and a socket in a folder of its own', async () => {
  vi.stubEnv('NODE_OPTIONS', '--no-warnings')
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'x')
  vi.stubEnv('PGSSLMODE', 'require')
  const { page, starts, home } = await startShell()
  const environment = (await (await page('/environment')).json()) as Record<string, string>
  expect(environment).toMatchObject({ QUINTILE_HOME: home, PGSSLMODE: 'require', NODE_ENV: 'production' })
  expect(Object.keys(environment)).not.toContain('NODE_OPTIONS')
  expect(Object.keys(environment)).not.toContain('AWS_SECRET_ACCESS_KEY')
  expect(Object.values(environment)).not.toContain(starts()[0])
})

test('the server is told home, workspace, a 256-bit token and its socket, whose folder disappears with it', async () => {
  vi.stubEnv('QUINTILE_WORKSPACE', 'cellar')
  const { electron, page, home } = await startShell()
  const seen = (await (await page('/seen')).json()) as Record<string, string>[]
  expect(seen[0]).toMatchObject({ type: 'start', home, workspace: 'cellar' })
  expect(Buffer.from(seen[0]!['token'] ?? '', 'base64url')).toHaveLength(32)
  const folder = dirname(seen[0]!['socketPath'] ?? '')
  expect(readdirSync(folder)).toEqual(['server.sock'])
  electron.app.quit()
  await eventually(() => expect(electron.state.quit).toBe(true))
  expect(existsSync(folder)).toBe(false)
})

test('QUINTILE_HOME moves the browser files too, before the lock is asked for', async () => {
  const { electron, home } = await startShell()
  expect(electron.app.setPath).toHaveBeenCalledExactlyOnceWith('userData', join(home, 'window'))
  const [moved] = electron.app.setPath.mock.invocationCallOrder
  const [locked] = electron.app.requestSingleInstanceLock.mock.invocationCallOrder
  expect(moved).toBeLessThan(locked ?? 0)
})

test('waking up and unlocking are told to the server', async () => {
  const { electron, page } = await startShell()
  electron.main.powerMonitor.emit('resume')
  electron.main.powerMonitor.emit('unlock-screen')
  await eventually(async () => {
    const seen = (await (await page('/seen')).json()) as { type: string; at?: string }[]
    const resumes = seen.filter((message) => message.type === 'resume')
    expect(resumes).toHaveLength(2)
    expect(new Date(resumes[0]?.at ?? '').toISOString()).toBe(resumes[0]?.at)
  })
})

test('the shell has the colours of the screen, so the window does not flash', () => {
  const theme = readFileSync(join(import.meta.dirname, '..', '..', 'renderer', 'kit', 'theme.css'), 'utf8')
  for (const [name, { light, dark }] of Object.entries(COLOURS)) {
    const token = name.replace(/[A-Z]/, (letter) => `-${letter.toLowerCase()}`)
    expect(theme).toContain(`--${token}: light-dark(${light}, ${dark});`)
  }
})
