import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { endShells, eventually, startShell } from './running-shell.ts'

const dist = join(import.meta.dirname, '..', '..', 'dist')

afterEach(endShells)

if (!existsSync(join(dist, 'server', 'process.js'))) throw new Error('The server is not built: run “npm run build” first')

describe('the built server in the shell', () => {
  test('the shell shows the real page, answers the API and refuses a stranger', async () => {
    const { electron, page } = await startShell({ dist })
    expect(electron.main.dialog.showErrorBox).not.toHaveBeenCalled()
    expect(await (await page('/')).text()).toContain('<title>Quintile</title>')
    expect((await page('/api/openapi.json')).status).toBe(200)
  })

  test('the built server stops in order when the app quits', async () => {
    const { electron } = await startShell({ dist })
    electron.app.quit()
    await eventually(() => expect(electron.state.quit).toBe(true))
    expect(electron.children.map((child) => child.pid)).toEqual([undefined])
  })
})
