import { afterEach, expect, test } from 'vitest'
import { endShells, eventually, startShell, type Shell } from './running-shell.ts'

afterEach(endShells)

/** The page that crashes the server gets no answer of its own. */
async function crash({ page }: Shell): Promise<void> {
  expect((await page('/crash')).status).toBe(502)
}

async function untilAnswering({ page }: Shell): Promise<void> {
  await eventually(async () => expect((await page('/')).status).toBe(200))
}

function detailOf(shell: Shell): string {
  const calls = shell.electron.main.dialog.showMessageBox.mock.calls as unknown as [{ detail: string }][]
  return calls[0]?.[0].detail ?? ''
}

test('a crashed server is started again with a new token, without a word', async () => {
  const shell = await startShell()
  await crash(shell)
  await untilAnswering(shell)
  expect(new Set(shell.starts()).size).toBe(2)
  expect(shell.electron.main.dialog.showMessageBox).not.toHaveBeenCalled()
  expect(shell.electron.state.quit).toBe(false)
})

test('a second crash is told with the server’s last words, and the app ends when the person says so', async () => {
  const shell = await startShell()
  await crash(shell)
  await untilAnswering(shell)
  await crash(shell)
  await eventually(() => expect(shell.electron.state.quit).toBe(true))
  expect(detailOf(shell)).toContain('stopped twice (exit code 3)')
  expect(detailOf(shell)).toContain('out of luck')
  expect(shell.starts()).toHaveLength(2)
})

test('the person may have the server started again', async () => {
  const shell = await startShell()
  shell.electron.main.dialog.showMessageBox.mockResolvedValueOnce({ response: 0, checkboxChecked: false })
  await crash(shell)
  await untilAnswering(shell)
  await crash(shell)
  await untilAnswering(shell)
  expect(shell.starts()).toHaveLength(3)
  expect(shell.electron.state.quit).toBe(false)
})

test('a restart that fails is told as well', async () => {
  const shell = await startShell({ behaviour: 'exits-at-restart' })
  await crash(shell)
  await eventually(() => expect(shell.electron.state.quit).toBe(true))
  expect(detailOf(shell)).toContain('no such library')
})

test('while there is no server a page gets a page and a call gets a report', async () => {
  const shell = await startShell({ behaviour: 'exits-at-restart' })
  await crash(shell)
  const page = await shell.page('/', { headers: { accept: 'text/html,*/*' } })
  expect(page.status).toBe(502)
  expect(page.headers.get('content-security-policy')).toContain("default-src 'none'")
  expect(await page.text()).toContain('local server is not answering')
  const call = await shell.page('/api/runs')
  expect(await call.json()).toMatchObject({ code: 'shell.server_gone' })
})

test.each([
  ['fails', 'The workspace is open elsewhere.\n\nClose it there.\n\nCode: workspace.locked'],
  [
    'exits-at-start',
    'The local server stopped while starting (exit code 4).\n\nIts last words:\nno such library\n\nCode: shell.server_exited',
  ],
  ['never-ready', 'The local server was not ready after 0.5 seconds.'],
])('a server that %s at the first start is told once, and the app ends', async (behaviour, text) => {
  const { electron, starts } = await startShell({ behaviour, limits: { ready: behaviour === 'never-ready' ? 500 : 20_000, exit: 50 } })
  expect(electron.main.dialog.showErrorBox).toHaveBeenCalledExactlyOnceWith('Quintile could not start', expect.stringContaining(text))
  await eventually(() => expect(electron.state.quit).toBe(true))
  expect(starts().length).toBeLessThanOrEqual(1)
})
