/** From the graph of jobs to a run and back to its rejects, in a real browser on the real server. */
import type { ChildProcess } from 'node:child_process'
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ensureDatabase } from '../../server/warehouse/index.ts'
import { openEmbeddedServer, writeDemoOrders, type EmbeddedServer } from '../../server/workspaces/index.ts'
import { seriousFindings } from '../tools/axe.ts'
import { openBrowser } from '../tools/browser.ts'
import { openCommandHome, waitForText, type CommandHome } from '../tools/command.ts'

let remote: EmbeddedServer
let remoteHome: string
let home: CommandHome
let server: ChildProcess
let browser: Browser
let page: Page
let origin: string
let salesFile: string
let salesJob: string
const complaints: string[] = []

beforeAll(async () => {
  remoteHome = await mkdtemp(join(tmpdir(), 'quintile-remote-'))
  await chmod(remoteHome, 0o711)
  remote = await openEmbeddedServer({ home: remoteHome, durable: false })
  await ensureDatabase(remote.connection('shop'))
  home = await openCommandHome({ SHOP_PASSWORD: remote.password })
  const address = `postgres://${remote.user}@127.0.0.1:${String(remote.port)}/shop`
  await home.run('workspace', 'create', 'shop', '--warehouse', address, '--password-env', 'SHOP_PASSWORD')
  const file = join(home.folder, 'orders.csv.gz')
  await writeDemoOrders({ file, seed: 5, lastDay: Date.UTC(2026, 9, 20), orders: 600, customers: 150 })
  await home.run('import', 'orders', file)
  salesFile = join(home.folder, 'workspaces', 'shop', 'jobs', 'facts', 'fact_sales.sql')
  salesJob = await readFile(salesFile, 'utf8')
  server = home.start('serve')
  const link = await waitForText(server, /(http:\/\/127\.0\.0\.1:\d+\/open\?code=[\w-]+)/)
  origin = new URL(link).origin
  browser = await openBrowser()
  page = await (await browser.newContext({ viewport: { width: 1440, height: 900 } })).newPage()
  page.setDefaultTimeout(90_000)
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('console', (message) => {
    // A refused plan is an answer of the server that the screen shows; the browser calls every 400 an error.
    if (message.type() === 'error' && !message.text().includes('status of 400')) complaints.push(message.text())
  })
  await page.goto(link)
})
afterAll(async () => {
  await browser.close()
  const ended = new Promise((resolve) => server.once('exit', resolve))
  server.kill('SIGTERM')
  await ended
  await remote.close()
  await home.remove()
  await rm(remoteHome, { recursive: true, force: true })
})

async function open(path: string, heading: string): Promise<void> {
  await page.goto(`${origin}${path}`)
  await page.getByRole('heading', { level: 1, name: heading }).waitFor()
}
const job = (name: string): Locator => page.getByRole('option', { name: new RegExp(`^${name},`) })
const button = (name: string): Locator => page.getByRole('button', { name, exact: true })
const ended = (): Promise<void> => button('Run again').waitFor({ timeout: 60_000 })
const status = (): Promise<string | null> => page.locator('h1 + span').textContent()

/** Until nothing on the page waits for an answer. The stream of events never ends, so the network is never idle. */
async function read(): Promise<void> {
  await page.getByRole('heading', { level: 1 }).waitFor()
  await expect.poll(() => page.locator('main [aria-busy=true]').count()).toBe(0)
}

describe('from the graph to a run', () => {
  test('a workspace that never ran says so, and a missing need is offered and taken in by a press', async () => {
    await open('/pipelines', 'Pipelines')
    await expect.poll(() => job('fact_sales').textContent()).toContain('Never run')
    await job('fact_sales').click()
    await page.getByText(/needs “dim_/).waitFor()
    expect(await button('Run').getAttribute('aria-disabled')).toBe('true')
    await page.getByRole('button', { name: /^Include dim_/ }).click()
    // dim_geography has a need of its own, which is missing as well.
    await page.getByRole('button', { name: /^Include country_reference/ }).waitFor()
    await button('Include all that is needed').click()
    await page.getByRole('region', { name: 'Steps of the plan' }).getByText('country_reference').first().waitFor()
    await expect.poll(() => button('Run').getAttribute('aria-disabled')).toBe('false')
  })

  test('a dry run predicts every step, and the run then does exactly that', async () => {
    await button('Dry run').click()
    await page.getByText(/rows would change/).waitFor({ timeout: 60_000 })
    expect(await page.getByText('Nothing was written').isVisible()).toBe(true)
    const { json } = await home.run('runs', 'list', '--format', 'json')
    expect(JSON.stringify(json)).not.toContain('fact_sales')
    await button('Run').click()
    await ended()
    expect(await status()).toContain('Succeeded')
    await page.getByRole('tab', { name: 'Against the dry run' }).click()
    await page.getByText('It came exactly as the dry run had said.').waitFor()
  })

  test('the graph shows the run in another window while it happens, and how fresh each target is', async () => {
    await open('/pipelines', 'Pipelines')
    await expect.poll(() => job('fact_sales').getAttribute('aria-label')).toMatch(/succeeded .*rows; data as of/)
    await home.run('run', '--jobs', 'dimensions')
    await expect.poll(() => job('fact_sales').getAttribute('aria-label'), { timeout: 60_000 }).toMatch(/stale: .*loaded after it/)
  })

  test('everything is done by keyboard: to the graph, along its edges, into the plan, and to the job', async () => {
    await open('/', 'Overview')
    for (const key of 'gp') await page.keyboard.press(key)
    await page.getByRole('heading', { level: 1, name: 'Pipelines' }).waitFor()
    await job('dim_geography').focus()
    await page.keyboard.press('ArrowRight')
    await expect.poll(() => page.locator(':focus').getAttribute('id')).toBe('job-fact_sales')
    await page.keyboard.press('Space')
    await expect.poll(() => job('fact_sales').getAttribute('aria-selected')).toBe('true')
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { level: 1, name: 'fact_sales' }).waitFor()
    await page.getByRole('region', { name: 'Table of the last steps' }).getByText('Succeeded').waitFor()
    expect(await page.getByRole('region', { name: 'The job’s file' }).textContent()).toContain('target: fact_sales')
  })

  test('the list says the same as the graph, and search leads to a job', async () => {
    await open('/pipelines?view=list', 'Pipelines')
    const row = page.getByRole('row').filter({ has: page.getByRole('checkbox', { name: 'rfm_analysis in the plan' }) })
    expect(await row.textContent()).toContain('fact_sales, dim_customers')
    await page.getByRole('checkbox', { name: 'rfm_analysis in the plan' }).check()
    await page.getByRole('region', { name: 'Steps of the plan' }).getByText('rfm_analysis').first().waitFor()
    await page.keyboard.press('Control+k')
    await page.keyboard.type('dim_geo')
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { level: 1, name: 'dim_geography' }).waitFor()
  })
})

describe('what was kept out', () => {
  test('a row is mended on the screen, goes through its job again, and is marked as taken in', async () => {
    await writeFile(salesFile, salesJob.replace('*/', '  - range: { column: quantity, min: 0 }\n*/'))
    await open('/pipelines/fact_sales', 'fact_sales')
    await button('Plan a run of it').click()
    await page.getByRole('checkbox', { name: 'Full reload' }).check()
    await expect.poll(() => button('Run').getAttribute('aria-disabled')).toBe('false')
    await button('Run').click()
    await ended()
    expect(await status()).toContain('Warning')
    await page.getByRole('tab', { name: /Rejects/ }).click()
    const grid = page.getByRole('grid', { name: 'Rejected rows' })
    await grid.getByText('quantity is out of range').first().waitFor()
    await grid.focus()
    await page.keyboard.press('Enter')
    await page.getByRole('textbox', { name: /^quantity/ }).fill('3')
    await button('Replay 1').click()
    await page.getByText(/1 (updated|inserted|unchanged)/).waitFor({ timeout: 60_000 })
    await page.getByRole('checkbox', { name: 'Only open ones' }).uncheck()
    await grid.getByText('replayed').first().waitFor()
  })

  test('the checks of the run have their numbers and the rows that broke them', async () => {
    await page.getByRole('tab', { name: /Checks/ }).click()
    await page.getByRole('button', { name: 'range(quantity), show sample rows' }).click()
    await page.getByRole('region', { name: 'Sample rows of range(quantity)' }).getByText('line_id').waitFor()
  })

  test('the log is searched, and taken along whole with the run', async () => {
    await page.getByRole('tab', { name: 'Log' }).click()
    await page.getByRole('searchbox', { name: 'Search the log' }).fill('reject')
    await page
      .getByRole('log')
      .getByText(/reject/)
      .first()
      .waitFor()
    for (const [link, name] of [
      ['Download', /\.log$/],
      ['Export JSON', /\.json$/],
    ] as const) {
      const download = page.waitForEvent('download')
      await page.getByRole('link', { name: link }).click()
      expect((await download).suggestedFilename()).toMatch(name)
    }
  })
})

describe('a run that is stopped', () => {
  test('is cancelled on the screen, which says who asked, and taken up again from where it stopped', async () => {
    await writeFile(salesFile, salesJob.replace('WHERE o.line_id', 'WHERE (SELECT pg_sleep(60)) IS NOT NULL AND o.line_id'))
    await open('/pipelines/fact_sales', 'fact_sales')
    await button('Run this job').click()
    await page.getByRole('row', { name: /fact_sales.*Running/ }).waitFor()
    await button('Cancel run').click()
    await page.getByText(/asked it to stop at/).waitFor()
    await expect.poll(status, { timeout: 60_000 }).toContain('Cancelled')
    await writeFile(salesFile, salesJob)
    await page.getByRole('button', { name: /^Retry 1 step/ }).click()
    await page.getByRole('link', { name: 'takes up an earlier run' }).waitFor()
    await ended()
    expect(await status()).toContain('Succeeded')
    await page.getByRole('tab', { name: 'Against the last run' }).click()
    await page.getByRole('region', { name: 'Differences by step' }).getByText('was cancelled').waitFor()
  })
})

describe('the screens', () => {
  test.each(['light', 'dark'] as const)(
    'of pipelines, a job, rejects and a run have no serious finding of axe (%s)',
    async (colorScheme) => {
      const run = new URL(page.url()).pathname
      await page.emulateMedia({ colorScheme })
      for (const path of ['/pipelines', '/pipelines?view=list', '/pipelines/fact_sales', '/rejects', '/rejects?job=fact_sales']) {
        await page.goto(`${origin}${path}`)
        await read()
        expect(await seriousFindings(page), path).toEqual([])
      }
      for (const tab of ['steps', 'checks', 'log', 'rejects', 'difference', 'details']) {
        await page.goto(`${origin}${run}?tab=${tab}`)
        await read()
        expect(await seriousFindings(page), tab).toEqual([])
      }
      await page.goto(`${origin}${run}`)
    },
  )

  test('broke no security policy and hid no error', () => {
    expect(complaints).toEqual([])
  })

  test('without the warehouse the graph is the one that was last read, and nothing can be started', async () => {
    await open('/pipelines', 'Pipelines')
    await job('fact_sales').click()
    await remote.close()
    await page.getByText('The warehouse cannot be reached.').waitFor({ timeout: 60_000 })
    await page.reload()
    await job('fact_sales').waitFor()
    expect(await button('Dry run').getAttribute('aria-disabled')).toBe('true')
    expect(await button('Run').getAttribute('aria-disabled')).toBe('true')
  })
})
