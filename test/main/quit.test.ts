import { afterEach, expect, test } from 'vitest'
import { endShells, eventually, startShell } from './running-shell.ts'

afterEach(endShells)

test('a quit hides the window, lets the server stop in order and only then ends the app', async () => {
  const { electron, log } = await startShell()
  const window = electron.windows[0]!
  await eventually(() => expect(window.visible).toBe(true))
  electron.app.quit()
  expect(window.visible).toBe(false)
  expect(electron.state.quit).toBe(false)
  await eventually(() => expect(electron.state.quit).toBe(true))
  expect(log()).toBe('stopped in order\n')
  expect(electron.children.map((child) => child.pid)).toEqual([undefined])
  expect(electron.main.dialog.showMessageBox).not.toHaveBeenCalled()
})

test('a second wish to quit neither cuts the first one short nor stops the server twice', async () => {
  const { electron, log } = await startShell()
  electron.app.quit()
  electron.app.quit()
  expect(electron.state.quit).toBe(false)
  await eventually(() => expect(electron.state.quit).toBe(true))
  expect(log()).toBe('stopped in order\n')
  // Twice by the person, once when the server is gone.
  expect(electron.app.quit).toHaveBeenCalledTimes(3)
})

test.each([
  ['deaf', 'terminated\n'],
  ['deaf-to-signals', ''],
])('a server that is %s is killed after the limit, and the app still ends', async (behaviour, words) => {
  const { electron, log } = await startShell({ behaviour, limits: { ready: 20_000, exit: 50 } })
  electron.app.quit()
  await eventually(() => expect(electron.state.quit).toBe(true))
  expect(electron.children[0]?.pid).toBeUndefined()
  expect(log()).toBe(words)
})

test.skipIf(process.platform === 'darwin')('closing the last window quits', async () => {
  const { electron } = await startShell()
  electron.app.emit('window-all-closed')
  await eventually(() => expect(electron.state.quit).toBe(true))
})

test('a start that comes while the app is closing brings no window back', async () => {
  const { electron } = await startShell()
  electron.windows[0]!.emit('closed')
  electron.app.quit()
  electron.app.emit('second-instance')
  expect(electron.windows).toHaveLength(0)
})
