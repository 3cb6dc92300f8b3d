/** The screens in a real browser, on the real server: with data, live, keyboard only, and with the database gone. */
import type { ChildProcess } from 'node:child_process'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, BrowserContext, Page } from 'playwright-core'
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
let context: BrowserContext
let page: Page
let origin: string
const complaints: string[] = []

beforeAll(async () => {
  remoteHome = await mkdtemp(join(tmpdir(), 'quintile-remote-'))
  await chmod(remoteHome, 0o711)
  remote = await openEmbeddedServer({ home: remoteHome, durable: false })
  await ensureDatabase(remote.connection('shop'))
  home = await openCommandHome({ SHOP_PASSWORD: remote.password })
  await home.run(
    'workspace',
    'create',
    'shop',
    '--warehouse',
    `postgres://${remote.user}@127.0.0.1:${String(remote.port)}/shop`,
    '--password-env',
    'SHOP_PASSWORD',
  )
  const file = join(home.folder, 'orders.csv.gz')
  await writeDemoOrders({ file, seed: 5, lastDay: Date.UTC(2026, 9, 20), orders: 1500, customers: 400 })
  await home.run('import', 'orders', file)
  await home.run('run')
  await home.run('features', 'sync')
  server = home.start('serve')
  const url = await waitForText(server, /(http:\/\/127\.0\.0\.1:\d+\/open\?code=[\w-]+)/)
  origin = new URL(url).origin
  browser = await openBrowser()
  context = await browser.newContext({ viewport: { width: 1440, height: 900 } })
  context.setDefaultTimeout(90_000)
  page = await context.newPage()
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text())
  })
  page.on('response', (response) => {
    if (response.status() >= 400) complaints.push(`${String(response.status())} ${response.url()}`)
  })
  page.on('pageerror', (error) => complaints.push(error.message))
  await page.goto(url)
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

describe('with a warehouse', () => {
  test('the overview shows what changed, whether it is fresh, and the segments', async () => {
    await open('/', 'Overview')
    await page.getByText('Champions').first().waitFor()
    for (const text of ['Revenue', 'Lost Customers', 'Online', 'fact_sales'])
      expect(await page.getByText(text).first().isVisible()).toBe(true)
  })

  test('the segment has the count of the command, and its members', async () => {
    const { json } = await home.run('segments', 'count', 'active_high_value', '--format', 'json')
    await open('/segments/active_high_value', 'Active high-value customers')
    await page
      .getByText(`of ${new Intl.NumberFormat('en-US').format(Number(json['of']))} customers`)
      .first()
      .waitFor()
    expect(
      await page
        .getByText(new Intl.NumberFormat('en-US').format(Number(json['count'])), { exact: true })
        .first()
        .isVisible(),
    ).toBe(true)
    await page.getByRole('columnheader', { name: /Total revenue/ }).click()
    expect(Number(await page.getByRole('grid').getAttribute('aria-rowcount'))).toBe(Number(json['count']) + 1)
  })

  test('the report proves itself and comes out as CSV', async () => {
    await open('/reports/monthly_revenue_by_country', 'Monthly revenue by country')
    await page.getByText('Reconciles').first().waitFor()
    const download = page.waitForEvent('download')
    await page.getByRole('link', { name: /Export CSV/ }).click()
    expect((await download).suggestedFilename()).toBe('monthly_revenue_by_country.csv')
  })

  test('a run started on the screen is followed live to its end, and says that nothing changed', async () => {
    await open('/', 'Overview')
    await page.getByRole('button', { name: /Run all jobs/ }).click()
    await page
      .getByText(/nothing changed/i)
      .first()
      .waitFor()
    await open('/runs', 'Runs')
    await page.getByText('screen: run all').first().click()
    await page
      .getByText(/nothing changed/i)
      .first()
      .waitFor()
  })

  test('a run of another process shows on the screen without a reload', async () => {
    await open('/runs', 'Runs')
    await page.getByText('screen: run all').first().waitFor()
    await home.run('run', '--jobs', 'rfm_analysis')
    await page.getByText('quintile run --jobs rfm_analysis').first().waitFor()
  })

  test('everything is reached by keyboard', async () => {
    await open('/', 'Overview')
    for (const [keys, heading] of [
      ['gs', 'Segments'],
      ['gr', 'Reports'],
      ['gu', 'Runs'],
      ['go', 'Overview'],
    ] as const) {
      for (const key of keys) await page.keyboard.press(key)
      await page.getByRole('heading', { level: 1, name: heading }).waitFor()
    }
    await page.keyboard.press('Control+k')
    await page.keyboard.type('monthly revenue by')
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { level: 1, name: 'Monthly revenue by country' }).waitFor()
  })

  test.each(['light', 'dark'] as const)('no screen has a serious finding of axe (%s)', async (colorScheme) => {
    await page.emulateMedia({ colorScheme })
    const { runs } = (await (await context.request.get(`${origin}/api/runs`)).json()) as { runs: { run_id: string }[] }
    for (const [path, heading] of [
      ['/', 'Overview'],
      ['/segments', 'Segments'],
      ['/segments/active_high_value', 'Active'],
      ['/reports', 'Reports'],
      ['/reports/monthly_revenue_by_country', 'Monthly'],
      ['/runs', 'Runs'],
      ['/schedules', 'Schedules'],
      ['/schedules/nightly', 'Nightly run of all jobs'],
      ['/inbox', 'Inbox'],
      [`/runs/${runs[0]?.run_id ?? ''}`, 'Run'],
    ] as const) {
      await open(path, heading)
      // Never quite idle: the event stream stays open.
      await page.waitForFunction('document.querySelector(\'[aria-busy="true"]\') === null')
      expect(await seriousFindings(page), path).toEqual([])
    }
  })

  test('nothing broke the content security policy or failed unseen', () => {
    expect(complaints).toEqual([])
  })

  test('another browser without the link gets nothing', async () => {
    const stranger = await browser.newContext()
    expect((await stranger.request.get(origin)).status()).toBe(401)
    await stranger.close()
  })
})

describe('with the database stopped', () => {
  test('the screen says so once, and everything in the snapshot stays readable', async () => {
    await open('/', 'Overview')
    await remote.close()
    await page
      .getByText(/offline/i)
      .first()
      .waitFor()
    await open('/segments/active_high_value', 'Active high-value customers')
    await page
      .getByText(/of \d+ customers/)
      .first()
      .waitFor()
    await open('/reports/monthly_revenue_by_country', 'Monthly revenue by country')
    await page.getByText('Reconciles').first().waitFor()
    await open('/runs', 'Runs')
    await page.getByText('quintile run --jobs all').first().waitFor()
    await open('/', 'Overview')
    await page.getByText('Champions').first().waitFor()
    expect(await page.getByRole('button', { name: /Run all jobs/ }).isDisabled()).toBe(true)
    expect(await seriousFindings(page)).toEqual([])
  })

  test('the segment is counted by the command too, and what needs the warehouse says so', async () => {
    expect(await home.run('segments', 'count', 'active_high_value', '--format', 'json')).toMatchObject({
      code: 0,
      json: { source: 'cache' },
    })
    expect(await home.run('report', 'run', 'monthly_revenue_by_country', '--format', 'json')).toMatchObject({
      code: 0,
      json: { source: 'cache' },
    })
    expect(await home.run('runs', 'list', '--format', 'json')).toMatchObject({ code: 0, json: { source: 'cache' } })
    expect(await home.run('run', '--format', 'json')).toMatchObject({ code: 1, json: { error: { code: 'warehouse.unreachable' } } })
  })
})
