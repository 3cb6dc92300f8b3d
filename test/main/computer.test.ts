import { afterEach, expect, test, vi } from 'vitest'
import { endShells, eventually, startShell, type Shell } from './running-shell.ts'

afterEach(async () => {
  vi.useRealTimers()
  await endShells()
})

type Seen = { type: string; on_battery?: boolean; online?: boolean; at?: string }

/** What the server was told of the computer, without its start. */
async function heard({ page }: Shell): Promise<Seen[]> {
  const seen = (await (await page('/seen')).json()) as Seen[]
  return seen.filter(({ type }) => type !== 'start')
}

test('a server that is ready is told what the computer runs on and whether it has a network', async () => {
  const shell = await startShell()
  await eventually(async () =>
    expect(await heard(shell)).toEqual([
      { type: 'power', on_battery: false },
      { type: 'online', online: true },
    ]),
  )
})

test('a change between mains and battery is told when the system says so, once', async () => {
  const shell = await startShell()
  const { powerMonitor } = shell.electron.main
  powerMonitor.onBatteryPower = true
  powerMonitor.emit('on-battery')
  powerMonitor.emit('on-battery')
  powerMonitor.onBatteryPower = false
  powerMonitor.emit('on-ac')
  await eventually(async () =>
    expect((await heard(shell)).filter(({ type }) => type === 'power').map(({ on_battery }) => on_battery)).toEqual([false, true, false]),
  )
})

test('a lost network, and power on systems that do not tell, are seen within ten seconds', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  const shell = await startShell()
  shell.electron.main.net.online = false
  shell.electron.main.powerMonitor.onBatteryPower = true
  vi.advanceTimersByTime(10_000)
  vi.advanceTimersByTime(10_000)
  await eventually(async () =>
    expect((await heard(shell)).slice(2)).toEqual([
      { type: 'power', on_battery: true },
      { type: 'online', online: false },
    ]),
  )
})

test('falling asleep is told before waking up', async () => {
  const shell = await startShell()
  shell.electron.main.powerMonitor.emit('suspend')
  shell.electron.main.powerMonitor.emit('resume')
  await eventually(async () => expect((await heard(shell)).slice(2).map(({ type }) => type)).toEqual(['suspend', 'resume']))
})

test('a server that was started again after a crash is told how things stand', async () => {
  const shell = await startShell()
  await shell.page('/crash').catch(() => undefined)
  await eventually(async () => expect((await heard(shell)).map(({ type }) => type)).toEqual(['power', 'online']))
  expect(shell.starts()).toHaveLength(2)
})

test('when the computer shuts down the system is asked to wait and the app quits in order', async () => {
  const { electron, log } = await startShell()
  const event = { preventDefault: vi.fn() }
  electron.main.powerMonitor.emit('shutdown', event)
  await eventually(() => expect(electron.state.quit).toBe(true))
  expect(event.preventDefault).toHaveBeenCalledOnce()
  expect(log()).toBe('stopped in order\n')
})

test('a notification of the server is shown, and a click opens its place in front', async () => {
  const { electron, page } = await startShell()
  await eventually(() => expect(electron.windows[0]?.visible).toBe(true))
  await page('/notify?path=/runs/01a1fcd4-3766-71db-8608-6ae9a510640c')
  await eventually(() => expect(electron.notifications).toHaveLength(1))
  expect(electron.notifications[0]?.options).toEqual({ title: 'Load failed', body: 'It broke.' })
  electron.notifications[0]?.emit('click')
  expect(electron.windows[0]?.address).toBe('app://quintile/runs/01a1fcd4-3766-71db-8608-6ae9a510640c')
  expect(electron.windows[0]?.focus).toHaveBeenCalledOnce()
})

test.each(['//evil.example/', '/runs?x=1', 'https://evil.example', '/../..'])(
  'a notification that asks for %s opens the first page',
  async (path) => {
    const { electron, page } = await startShell()
    await eventually(() => expect(electron.windows[0]?.visible).toBe(true))
    await page(`/notify?path=${encodeURIComponent(path)}`)
    await eventually(() => expect(electron.notifications).toHaveLength(1))
    electron.notifications[0]?.emit('click')
    expect(electron.windows[0]?.address).toBe('app://quintile/')
  },
)

test('where the system shows no notifications none is made', async () => {
  const { electron, page } = await startShell()
  electron.main.Notification.isSupported = () => false
  await page('/notify?path=/')
  await page('/seen')
  expect(electron.notifications).toHaveLength(0)
})
