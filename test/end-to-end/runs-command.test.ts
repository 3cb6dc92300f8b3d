/** `quintile runs` as its user calls it: several processes over one warehouse. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { collect, openCommandHome, type CommandHome, type CommandResult } from '../tools/command.ts'

let home: CommandHome
let job: string
let sound: string

const HEADER = 'document_number,product_id,product_name,quantity,unit_price,ordered_at,customer_id,country'
const line = (n: number, day: string): string =>
  `${String(n)},P${String(n % 5)},Thing,1,2.50,2026-01-${day} 10:00:00,${String(n % 7)},France`

const runs = (...args: string[]): Promise<CommandResult> => home.run('runs', ...args)
const json = async (...args: string[]): Promise<CommandResult['json']> => (await runs(...args, '--format', 'json')).json

/** How a step of the newest run stands. */
async function stepStatus(name: string): Promise<string | undefined> {
  const steps = (await json('show', 'latest'))['steps'] as { job: string; status: string }[]
  return steps.find((step) => step.job === name)?.status
}

async function importLines(name: string, lines: readonly string[]): Promise<void> {
  const file = join(home.folder, name)
  writeFileSync(file, [HEADER, ...lines].join('\n'))
  expect((await home.run('import', 'orders', file, '--format', 'json')).json).toMatchObject({ rejected: lines.length % 2 })
}

beforeAll(async () => {
  home = await openCommandHome()
  await home.run('workspace', 'create', 'shop')
  job = join(home.folder, 'workspaces', 'shop', 'jobs', 'facts', 'fact_sales.sql')
  sound = readFileSync(job, 'utf8')
  // One line of 21 cannot be read.
  await importLines('first.csv', [...Array.from({ length: 20 }, (_, n) => line(n, '05')), line(99, '32')])
  expect((await home.run('run', '--jobs', 'all')).code).toBe(0)
  await importLines(
    'second.csv',
    Array.from({ length: 10 }, (_, n) => line(n, '06')),
  )
  expect((await home.run('run', '--jobs', 'all')).code).toBe(0)
})
afterAll(() => home.remove())

describe('reading the run book from a terminal', () => {
  test('the list is narrowed by status, kind, job and time', async () => {
    expect(await json('list', '--kind', 'pipeline')).toMatchObject({ total: 2, source: 'warehouse' })
    expect(await json('list', '--job', 'fact_sales', '--since', '1h')).toMatchObject({ total: 2 })
    expect(await json('list', '--status', 'failed')).toMatchObject({ total: 0, runs: [] })
    expect(await json('list', '--since', '2999-01-01')).toMatchObject({ total: 0 })
    expect((await runs('list', '--status', 'warning')).stdout).toMatch(/import\s+warning/)
  })

  test('a run is shown by “latest” and by a beginning of its id', async () => {
    const latest = await json('show', 'latest')
    expect(latest).toMatchObject({ kind: 'pipeline', status: 'succeeded', prediction: null })
    expect((latest['attempts'] as unknown[]).length).toBe((latest['steps'] as unknown[]).length)
    expect(await json('show', String(latest['run_id']).slice(0, 30))).toMatchObject({ run_id: latest['run_id'] })
    expect(await runs('show', 'nothing', '--format', 'json')).toMatchObject({ code: 1, json: { error: { code: 'run.unknown' } } })
  })

  test('a run is held against the one before it', async () => {
    const diff = (await json('diff')) as { steps: { job: string; counts: { read: object } }[]; origin: unknown[] }
    expect(diff.steps.find((step) => step.job === 'fact_sales')).toMatchObject({
      counts: { read: { before: 20, after: 10, difference: -10, percent: -0.5 } },
      watermark: { changed: true },
    })
    expect(diff.origin).toEqual([])
    const text = (await runs('diff')).stdout
    expect(text).toContain('20 → 10 (-10)')
    expect(text).toContain('The same findings in both.')
    const first = (await json('list', '--kind', 'pipeline', '--limit', '2'))['runs'] as { run_id: string }[]
    expect(await json('diff', first[1]?.run_id ?? '')).toMatchObject({ error: { code: 'run.no-previous' } })
  })

  test('the log comes line by line, narrowed, and as JSON with its number at the end', async () => {
    expect((await runs('log', 'latest', '--job', 'fact_sales')).stdout).toMatch(/^\S+ info {2}fact_sales: 10 read: 10 inserted/)
    const lines = (await runs('log', 'latest', '--search', 'inserted', '--format', 'json')).stdout.trim().split('\n')
    expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({ status: 'succeeded', lines: lines.length - 1 })
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ level: 'info', message: expect.stringContaining('inserted') as string })
    expect(await runs('log', 'latest', '--follow')).toMatchObject({ code: 0 })
  })

  test('the whole run goes into one document, to a file or to standard output', async () => {
    const imports = (await json('list', '--kind', 'import'))['runs'] as { run_id: string }[]
    const file = join(home.folder, 'run.json')
    expect(await json('export', imports[1]?.run_id ?? '', '--output', file)).toMatchObject({ file })
    const document = JSON.parse(readFileSync(file, 'utf8')) as { rejects: { row: string }[]; log: unknown[]; events: unknown[] }
    expect(document.rejects).toMatchObject([{ row: line(99, '32'), row_number: 21 }])
    expect(document.events.length).toBeGreaterThan(2)
    expect((await json('export', imports[1]?.run_id ?? ''))['rejects']).toEqual(document.rejects)
  })

  test('what pruning would delete is said and stays; wrong words are bad usage', async () => {
    expect(await json('prune', '--megabytes', '1', '--dry-run')).toMatchObject({ dry_run: true, done: true, runs: 0 })
    expect((await runs('prune', '--days', '1')).stdout).toContain('Deleted 0 runs')
    for (const wrong of [
      ['list', '--since', 'soon'],
      ['list', '--limit', '0'],
      ['list', '--status', 'skipped'],
      ['prune', '--days', '-1'],
      ['log'],
    ])
      expect((await runs(...wrong)).code).toBe(2)
    expect((await runs('--help')).stdout).toContain('retry')
  })
})

describe('a run of another process', () => {
  test('is followed and cancelled from outside, and says so in its own exit code', async () => {
    await importLines(
      'third.csv',
      Array.from({ length: 4 }, (_, n) => line(n, '07')),
    )
    writeFileSync(job, sound.replace('o.line_id > :since', 'o.line_id > :since AND pg_sleep(60) IS NOT NULL'))
    const child = home.start('run', '--jobs', 'all', '--format', 'json')
    const ended = collect(child)
    await vi.waitFor(async () => expect(await stepStatus('fact_sales')).toBe('running'), { timeout: 60_000 })
    const following = home.run('runs', 'log', 'latest', '--follow', '--format', 'json')
    expect(await json('cancel', 'latest', '--wait')).toMatchObject({
      status: 'cancelled',
      cancel_requested_at: expect.any(String) as string,
    })
    expect(await ended).toMatchObject({ code: 1, json: { status: 'cancelled' } })
    const followed = await following
    expect(followed).toMatchObject({ code: 1, json: { status: 'cancelled' } })
    expect(followed.stdout).toContain('asked the run to stop')
    expect(await runs('cancel', 'latest', '--format', 'json')).toMatchObject({ code: 1, json: { error: { code: 'run.already-ended' } } })
  })

  test('that failed is run again from its failure, and the retry names it', async () => {
    writeFileSync(job, sound.replace('SELECT', 'SELECT 1 / 0,'))
    expect((await home.run('run', '--jobs', 'all')).code).toBe(1)
    const failed = await json('show', 'latest')
    writeFileSync(job, sound)
    const retried = await runs('retry', 'latest', '--format', 'json')
    expect(retried).toMatchObject({ code: 0, json: { status: 'succeeded' } })
    const again = (retried.json['steps'] as { job: string }[]).map((step) => step.job)
    expect(again).toEqual(expect.arrayContaining(['fact_sales', 'rfm_analysis']))
    expect(again).not.toContain('dim_products')
    expect(await json('show', 'latest')).toMatchObject({
      retry_of: failed['run_id'],
      request: `quintile runs retry ${String(failed['run_id'])}`,
    })
    expect((await runs('diff')).stdout).toContain('failed → succeeded')
    expect(await runs('retry', 'latest', '--format', 'json')).toMatchObject({
      code: 1,
      json: { error: { code: expect.stringContaining('nothing') as string } },
    })
  })
})
