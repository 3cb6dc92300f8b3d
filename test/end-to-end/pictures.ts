/**
 * `npm run pictures`: the pictures of the README, taken from the demo workspaces as `quintile start` makes them. Not a test; a
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
  await page.getByRole('heading', { level: 1 }).waitFor()
  await page.locator('main [aria-busy=true]').first().waitFor({ state: 'detached' })
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

/** The page on a served workspace; `work` takes its pictures. */
async function withScreen(args: readonly string[], work: (page: Page, origin: string) => Promise<void>): Promise<void> {
  const server = home.start(...args)
  try {
    const link = await waitForText(server, /(http:\/\/127\.0\.0\.1:\d+\/open\?code=[\w-]+)/)
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, colorScheme: 'light' })
    const page = await context.newPage()
    await withoutNames(page)
    await page.goto(link)
    await work(page, new URL(link).origin)
    await context.close()
  } finally {
    const ended = new Promise((resolve) => server.once('exit', resolve))
    server.kill('SIGTERM')
    await ended
  }
}

async function takeScreens(page: Page, origin: string): Promise<void> {
  await take(page, `${origin}/`, 'overview')
  await take(page, `${origin}/segments/active_high_value`, 'segment')
  await take(page, `${origin}/reports/monthly_revenue_by_country`, 'report')
  await take(page, `${origin}/pipelines`, 'pipelines')
  await take(page, `${origin}/schedules`, 'schedules')
  const answer = await page.request.get(`${origin}/api/runs`)
  const { runs } = (await answer.json()) as { runs: { run_id: string; kind: string }[] }
  await take(page, `${origin}/runs/${runs.find((run) => run.kind === 'pipeline')?.run_id ?? ''}`, 'run')
  await page.emulateMedia({ colorScheme: 'dark' })
  await take(page, `${origin}/`, 'overview-dark')
}

const home = await openCommandHome()
const browser = await openBrowser()
try {
  await withScreen(['start', '--browser'], takeScreens)
  for (const pack of ['loyalty', 'cellar', 'mafia', 'lakehouse'])
    await withScreen(['start', '--browser', '--pack', pack], (page, origin) => take(page, `${origin}/`, `pack-${pack}`))
} finally {
  await browser.close()
  await home.remove()
}
