import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { endShells, eventually, startShell } from './running-shell.ts'

const dist = join(import.meta.dirname, '..', '..', 'dist')

/** The real server beside the other tests' work; how soon it must be ready for a person is the shell's own limit. */
const BUSY_MACHINE = { ready: 100_000, exit: 60_000 }

afterEach(endShells)

if (!existsSync(join(dist, 'server', 'process.js'))) throw new Error('The server is not built: run “npm run build” first')

describe('the built server in the shell', () => {
  test('the shell shows the real page, answers the API and refuses a stranger', async () => {
    const { electron, page } = await startShell({ dist, limits: BUSY_MACHINE })
    expect(electron.main.dialog.showErrorBox).not.toHaveBeenCalled()
    expect(await (await page('/')).text()).toContain('<title>Quintile</title>')
    expect((await page('/api/openapi.json')).status).toBe(200)
  })

  test('the built server stops in order when the app quits', async () => {
    const { electron } = await startShell({ dist, limits: BUSY_MACHINE })
    electron.app.quit()
    await eventually(() => expect(electron.state.quit).toBe(true))
    expect(electron.children.map((child) => child.pid)).toEqual([undefined])
  })
})
