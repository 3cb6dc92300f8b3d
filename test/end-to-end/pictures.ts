/**
 * `npm run pictures`: the pictures of the README, taken from the demo workspace as `npm start` makes it. Not a test; a
 * person looks at what it makes before it is committed.
 */
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { openBrowser } from '../tools/browser.ts'
import { openCommandHome, waitForText } from '../tools/command.ts'

const FOLDER = join(import.meta.dirname, '..', '..', 'resources', 'pictures')

/** Charts draw themselves after their data has come. */
async function take(page: Page, address: string, name: string): Promise<void> {
  await page.goto(address)
  await page.waitForLoadState('networkidle').catch(() => undefined)
  await page.waitForTimeout(800)
  await page.screenshot({ path: join(FOLDER, `${name}.png`) })
}

/** Pictures name no person and no machine of whoever takes them. */
async function withoutNames(page: Page): Promise<void> {
  await page.route('**/api/{overview,runs,runs/*}', async (route) => {
    const response = await route.fetch()
    const text = await response.text()
    const anonymous = text
      .replaceAll(/"started_by":"[^"]*"/g, '"started_by":"analyst"')
      .replaceAll(/"machine":"[^"]*"/g, '"machine":"laptop"')
    await route.fulfill({ response, body: anonymous })
  })
}

const home = await openCommandHome()
const server = home.start('start', '--browser')
const browser = await openBrowser()
try {
  const link = await waitForText(server, /(http:\/\/127\.0\.0\.1:\d+\/open\?code=[\w-]+)/)
  const { origin } = new URL(link)
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, colorScheme: 'light' })
  const page = await context.newPage()
  await withoutNames(page)
  await page.goto(link)
  await take(page, `${origin}/`, 'overview')
  await take(page, `${origin}/segments/active_high_value`, 'segment')
  await take(page, `${origin}/reports/monthly_revenue_by_country`, 'report')
  const { runs } = (await (await context.request.get(`${origin}/api/runs`)).json()) as { runs: { run_id: string; kind: string }[] }
  await take(page, `${origin}/runs/${runs.find((run) => run.kind === 'pipeline')?.run_id ?? ''}`, 'run')
  await page.emulateMedia({ colorScheme: 'dark' })
  await take(page, `${origin}/`, 'overview-dark')
} finally {
  await browser.close()
  const ended = new Promise((resolve) => server.once('exit', resolve))
  server.kill('SIGTERM')
  await ended
  await home.remove()
}
