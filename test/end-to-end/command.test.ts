/** The command from an empty data folder to a segment counted without a database, with every file that a person may get wrong. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openCommandHome, type CommandHome } from '../tools/command.ts'

let home: CommandHome
let files: string

const HEADER = 'InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country'
const LINES = Array.from(
  { length: 300 },
  (_, index) =>
    `${String(1000 + Math.floor(index / 3))},P${String(index % 17)},"Thing, number ${String(index % 17)}",${String((index % 5) + 1)},2026-0${String((index % 6) + 1)}-1${String(index % 9)} 10:${String(10 + (index % 50))}:00,${String(2 + (index % 7))}.50,${index % 11 === 0 ? '' : `${String(100 + (index % 23))}.0`},${index % 3 === 0 ? 'United Kingdom' : 'France'}`,
)

function file(name: string, content: string | Buffer): string {
  const path = join(files, name)
  writeFileSync(path, content)
  return path
}

/** Processes of this home’s embedded server. */
function postgresProcesses(): string[] {
  return execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => line.includes(home.folder) && line.includes('postgres'))
}

beforeAll(async () => {
  home = await openCommandHome()
  files = join(home.folder, 'files')
  mkdirSync(files)
})
afterAll(() => home.remove())

describe('the way from nothing to a segment', () => {
  test('a workspace is made, and its warehouse is current', async () => {
    const created = await home.run('workspace', 'create', 'shop', '--pack', 'globalmart', '--format', 'json')
    expect(created).toMatchObject({ code: 0, json: { workspace: 'shop', pack: 'globalmart' } })
    expect((await home.run('warehouse', 'current', '--format', 'json')).json).toMatchObject({ current: true })
    expect((await home.run('warehouse', 'upgrade')).stdout).toContain('nothing to apply')
    expect((await home.run('workspace', 'list', '--format', 'json')).json).toMatchObject({ workspaces: [{ workspace: 'shop' }] })
    expect((await home.run('workspace', 'show')).stdout).toContain('globalmart')
  })

  test('orders are imported, and every line is accounted for', async () => {
    const imported = await home.run('import', 'orders', file('orders.csv', [HEADER, ...LINES].join('\n')), '--format', 'json')
    expect(imported).toMatchObject({
      code: 0,
      json: { status: 'succeeded', lines: 300, read: 300, loaded: 300, rejected: 0, already_imported: 0, rejects: [] },
    })
  })

  test('all jobs run, and again: nothing changes, and it says so', async () => {
    const first = await home.run('run', '--jobs', 'all', '--format', 'json')
    expect(first).toMatchObject({ code: 0, json: { status: 'succeeded', dry_run: false, nothing_changed: false } })
    const steps = first.json['steps'] as { job: string; inserted: number }[]
    expect(steps.find((step) => step.job === 'fact_sales')?.inserted).toBe(300)
    const again = await home.run('run', '--jobs', 'all')
    expect(again.stdout).toContain('Nothing changed')
    expect(again.stdout).toContain('PASS=17 WARN=0 ERROR=0 SKIP=0 TOTAL=17')
  })

  test('the same file again brings nothing, a longer one only its new lines, and the jobs move only those', async () => {
    expect((await home.run('import', 'orders', join(files, 'orders.csv'), '--format', 'json')).json).toMatchObject({
      read: 0,
      loaded: 0,
      already_imported: 300,
      lines: 300,
    })
    const more = Array.from(
      { length: 10 },
      (_, index) => `90${String(index)},P1,Thing,1,2026-06-19 09:00:0${String(index)},2.50,555,France`,
    )
    const longer = file('longer.csv.gz', gzipSync([HEADER, ...LINES, ...more].join('\n')))
    expect((await home.run('import', 'orders', longer, '--format', 'json')).json).toMatchObject({
      read: 10,
      loaded: 10,
      already_imported: 300,
      lines: 310,
    })
    const run = await home.run('run', '--format', 'json')
    const steps = run.json['steps'] as { job: string; read: number; inserted: number }[]
    expect(steps.find((step) => step.job === 'fact_sales')).toMatchObject({ inserted: 10 })
  })

  test('features are synced, and a segment is counted without starting the database: the same as in the warehouse', async () => {
    expect((await home.run('features', 'sync', '--format', 'json')).json).toMatchObject({ status: 'succeeded' })
    const warehouse = await home.run('segments', 'count', 'active_high_value', '--source', 'warehouse', '--format', 'json')
    const log = join(home.folder, 'postgres', 'log')
    const before = execFileSync('ls', ['-l', '--time-style=full-iso', log], { encoding: 'utf8' })
    const cache = await home.run('segments', 'count', 'active_high_value', '--format', 'json')
    expect(execFileSync('ls', ['-l', '--time-style=full-iso', log], { encoding: 'utf8' })).toBe(before)
    expect(cache.json).toMatchObject({
      segment: 'active_high_value',
      source: 'cache',
      count: warehouse.json['count'],
      of: warehouse.json['of'],
      as_of: warehouse.json['as_of'],
    })
  })

  test('an unsaved rule is counted, a bad one refused with its place', async () => {
    const rule = file('rule.json', '{">=":[{"var":"transaction_count"},1]}')
    expect((await home.run('segments', 'count', '--rule', rule, '--format', 'json')).json).toMatchObject({ segment: null, source: 'cache' })
    const bad = await home.run('segments', 'count', '--rule', file('bad.json', '{">=":[{"var":"transactions"},1]}'), '--format', 'json')
    expect(bad).toMatchObject({ code: 1, json: { error: { code: 'rule.unknown-column' } } })
  })

  test('members, a customer and a report come out whole, with their definition and as-of', async () => {
    const out = join(files, 'members.csv')
    const count = (await home.run('segments', 'count', 'active_high_value', '--format', 'json')).json['count']
    expect((await home.run('segments', 'export', 'active_high_value', '--out', out, '--format', 'json')).json).toMatchObject({
      rows: count,
    })
    const lines = readFileSync(out, 'utf8').trim().split('\n')
    expect(lines.filter((line) => !line.startsWith('#') && !line.startsWith('\uFEFF#'))).toHaveLength(Number(count) + 1)
    expect(lines.slice(0, 5).join('\n')).toContain('data as of 2026-06-19T09:00:09Z')
    expect((await home.run('features', 'get', '555', '--format', 'json')).json).toMatchObject({
      customer_id: '555',
      source: 'cache',
      features: { transaction_count: 10, country: 'France' },
    })
    const report = await home.run('report', 'run', 'monthly_revenue_by_country', '--format', 'json')
    expect(report.json).toMatchObject({ report: 'monthly_revenue_by_country', reconciliation: { ok: true } })
  })

  test('the run book tells all of it', async () => {
    const list = await home.run('runs', 'list', '--format', 'json')
    const runs = list.json['runs'] as { run_id: string; kind: string }[]
    expect(new Set(runs.map((run) => run.kind))).toEqual(new Set(['import', 'pipeline', 'sync']))
    const shown = await home.run('runs', 'show', runs[0]?.run_id ?? '', '--format', 'json')
    expect(shown.json).toMatchObject({ run_id: runs[0]?.run_id })
  })

  test('nothing is left running', () => {
    expect(postgresProcesses()).toEqual([])
  })
})

describe('a file that is wrong', () => {
  const before = async (): Promise<unknown> => (await home.run('report', 'run', 'order_lines_profile', '--format', 'json')).json['rows']

  test.each([
    ['is missing', () => join(files, 'nowhere.csv'), [], 'import.no-file'],
    [
      'has another delimiter than it is told',
      () => file('semicolons.csv', [HEADER, ...LINES].join('\n')),
      ['--delimiter', 'tab'],
      'import.',
    ],
    ['is mapped from a column that it lacks', () => join(files, 'orders.csv'), ['--map', 'Kunde=customer_id'], 'import.'],
    ['lacks a required column', () => file('few.csv', 'InvoiceNo,StockCode\n1,2\n'), [], 'import.'],
    ['is half of a gzip', () => file('half.csv.gz', gzipSync([HEADER, ...LINES].join('\n')).subarray(0, 900)), [], 'import.'],
    ['is empty', () => file('empty.csv', ''), [], 'import.'],
  ])('and %s is refused with place and remedy, and the warehouse is as it was', async (_what, make, options, code) => {
    const rows = await before()
    const refused = await home.run('import', 'orders', make(), ...options, '--format', 'json')
    expect(refused.code).toBe(1)
    const { error } = refused.json as { error: { code: string; message: string; hint: string } }
    expect(error.code.startsWith(code)).toBe(true)
    expect(error.hint.length).toBeGreaterThan(10)
    expect(await before()).toEqual(rows)
  })

  test('in some lines keeps those out, readable with their number and reason', async () => {
    const bad = [
      HEADER,
      '1,P1,Mug,1,2026-06-20 10:00:00,2.50,1,France',
      '2,P1,Mug,1,2026-02-30 10:00:00,2.50,1,France',
      '3,P1,Mug,1,2026-06-20 10:00:00,2.50,1,France,one too many',
      '4,P1,Mug,many,2026-06-20 10:00:00,2.50,1,France',
      '5,P2,Cup,1,2026-06-20 10:00:01,2.50,1,France',
      '6,P3,Jug,1,2026-06-20 10:00:02,2.50,1,France',
      '7,P4,Pot,1,2026-06-20 10:00:03,2.50,1,France',
    ]
    const imported = await home.run('import', 'orders', file('some-bad.csv', bad.join('\n')), '--format', 'json')
    expect(imported).toMatchObject({ code: 0, json: { status: 'warning', lines: 7, read: 7, loaded: 4, rejected: 3 } })
    const shown = await home.run('runs', 'show', String(imported.json['run_id']))
    for (const line of ['line 2: ', 'line 3: ', 'line 4: ', 'one too many', '2026-02-30']) expect(shown.stdout).toContain(line)
  })
})
