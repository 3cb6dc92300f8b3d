import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { endShells, eventually, startShell } from './running-shell.ts'

const dist = join(import.meta.dirname, '..', '..', 'dist')
const isBuilt = existsSync(join(dist, 'server', 'process.js'))

afterEach(endShells)

// Said aloud, so that nobody takes the skip for a pass.
if (!isBuilt) console.warn('SKIPPED test/main/shell-with-server.test.ts: dist/server/process.js is not built (npm run build).')

describe.skipIf(!isBuilt)('the built server in the shell', () => {
  test('the shell shows the real page, answers the API and refuses a stranger', async () => {
    const { electron, page } = await startShell({ dist })
    expect(electron.main.dialog.showErrorBox).not.toHaveBeenCalled()
    expect(await electron.windows[0]?.page?.text()).toContain('<title>Quintile</title>')
    expect((await page('/api/openapi.json')).status).toBe(200)
  })

  test('the built server stops in order when the app quits', async () => {
    const { electron } = await startShell({ dist })
    electron.app.quit()
    await eventually(() => expect(electron.state.quit).toBe(true))
    expect(electron.children.map((child) => child.pid)).toEqual([undefined])
  })
})
