/** The winery's demo against an independent reading of its files, its reports and segments, and an hour of life. */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parse } from 'csv-parse/sync'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openTestPack, type TestPack } from '../../tools/open-pack.ts'

const SIZES = { customers: 300, products: 60 }
let winery: TestPack

type Line = Record<string, string>

beforeAll(async () => {
  winery = await openTestPack({ pack: 'cellar', sizes: SIZES })
  const run = await winery.run()
  expect(run.steps.filter(({ status }) => status !== 'succeeded')).toEqual([])
})
afterAll(() => winery.close())

async function readFiles(kind: string): Promise<Line[][]> {
  const folder = join(winery.folder, 'inbox')
  const names = (await readdir(folder)).filter((name) => name.startsWith(kind) && name.endsWith('.csv'))
  return Promise.all(
    names.map(async (name): Promise<Line[]> => {
      const text = await readFile(join(folder, name), 'utf8')
      return parse<Line>(text, { columns: true, delimiter: text.split('\n')[0]?.includes(';') === true ? ';' : ',' })
    }),
  )
}

const norm = (label: string): string =>
  label
    .replaceAll('œ', 'oe')
    .replaceAll('Œ', 'oe')
    .normalize('NFD')
    .replaceAll(/\p{M}/gu, '')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, ' ')
    .trim()
const cents = (amount: string): number => Math.round(Number(amount.replace(',', '.')) * 100)
const toIso = (day: string): string => (day.includes('/') ? day.split('/').reverse().join('-') : day)
const isDay = (day: string): boolean => !Number.isNaN(Date.parse(day)) && new Date(day).toISOString().startsWith(day)

/** Codes of customers whose line can be read. */
async function readCodes(): Promise<Set<string>> {
  const codes = new Set<string>()
  for (const { email = '', postal_code = '', customer_code = '' } of (await readFiles('customers')).flat())
    if (/^([^@\s]+@[^@\s]+)?$/.test(email) && /^([A-Za-z0-9-]{2,20})?$/.test(postal_code) && customer_code !== '') codes.add(customer_code)
  return codes
}

interface Sale {
  code: string
  day: string
  document: string
  label: string
  quantity: string
  amount: number
  copies: number
}

/** Different lines, each as often as the file has it that has it most often. */
async function readSales(): Promise<Sale[]> {
  const sales = new Map<string, Sale>()
  for (const file of await readFiles('sales_lines')) {
    const here = new Map<string, Sale>()
    for (const {
      customer_code: code = '',
      order_date = '',
      doc_ref: document = '',
      doc_type,
      product_label = '',
      qty: quantity = '',
      amount_ht = '',
    } of file) {
      const sale = { code, day: toIso(order_date), document, label: norm(product_label), quantity, amount: cents(amount_ht) }
      const key = JSON.stringify([sale, doc_type])
      here.set(key, { ...sale, copies: (here.get(key)?.copies ?? 0) + 1 })
    }
    for (const [key, sale] of here) sales.set(key, { ...sale, copies: Math.max(sale.copies, sales.get(key)?.copies ?? 0) })
  }
  return [...sales.values()]
}

/** What should become of each line, in plain JavaScript: the amounts by outcome, and the turnover by the code in the file. */
async function expectLines(): Promise<{ amounts: Record<string, number>; byCode: Map<string, number> }> {
  const labels = new Set((await readFiles('products')).flat().map((line) => norm(line['product_label'] ?? '')))
  const codes = await readCodes()
  const outcomeOf = ({ code, day, document, label, quantity, amount }: Sale): string => {
    if (document === '' || label === '' || !isDay(day) || quantity === '0') return 'INVALID'
    if (amount < 0) return 'CREDIT_NOTE'
    if (!labels.has(label)) return 'PRODUCT_NOT_FOUND'
    return codes.has(code) ? 'LOADED' : 'CUSTOMER_NOT_FOUND'
  }
  const amounts: Record<string, number> = {}
  const byCode = new Map<string, number>()
  for (const sale of await readSales()) {
    const [outcome, amount] = [outcomeOf(sale), sale.copies * sale.amount]
    amounts[outcome] = (amounts[outcome] ?? 0) + amount
    if (outcome === 'LOADED') byCode.set(sale.code, (byCode.get(sale.code) ?? 0) + amount)
  }
  return { amounts, byCode }
}

test('every line of the files ends where an independent reading says, to the cent', async () => {
  const { amounts, byCode } = await expectLines()
  const { rows, reconciliation } = await winery.rooms.reports.run('turnover_reconciliation')
  expect(reconciliation.ok).toBe(true)
  const found = new Map(rows.map((row) => [String(row['part']), cents(String(row['amount_ht']))]))
  for (const [part, amount] of Object.entries(amounts).filter(([name]) => name !== 'INVALID'))
    expect([part, found.get(part)]).toEqual([part, amount])
  expect(amounts['PRODUCT_NOT_FOUND']).toBeGreaterThan(0)
  const held = await winery.rows<{ code: string; ca: string }>(
    'SELECT source_customer_code AS code, sum(amount_ht)::text AS ca FROM order_line GROUP BY 1',
  )
  expect(new Map(held.map(({ code, ca }) => [code, cents(ca)]))).toEqual(byCode)
})

test('the profile of every customer agrees with a plain count over the order lines', async () => {
  const bins = (value: number, edges: number[]): number => edges.filter((edge) => value >= edge).length + 1
  const rows = await winery.rows<{
    days: number
    orders: number
    ca: number
    rfm: string
    share: number
    diversity: number
    families: [string, number][]
  }>(
    `WITH line AS (SELECT customer_code, family_crm, sum(amount_ht) AS ca FROM order_line JOIN product USING (product_key) GROUP BY 1, 2),
       family AS (SELECT customer_code, json_agg(json_build_array(family_crm, ca)) AS families FROM line GROUP BY 1),
       total AS (SELECT customer_code, (SELECT as_of FROM crm_as_of) - max(order_date) AS days, count(DISTINCT doc_ref)::integer AS orders, sum(amount_ht)::float8 AS ca FROM order_line GROUP BY 1)
     SELECT days, orders, ca, rfm, top_family_1_ca_share::float8 AS share, family_diversity_score::float8 AS diversity, families
     FROM total JOIN family USING (customer_code) JOIN client_master_profile USING (customer_code) WHERE ca > 0`,
  )
  expect(rows.length).toBeGreaterThan(200)
  for (const { days, orders, ca, rfm, share, diversity, families } of rows) {
    expect(rfm).toBe([6 - bins(days, [30, 60, 120, 365]), bins(orders, [2, 5, 10, 20]), bins(ca, [200, 500, 1000, 2000])].join(''))
    const shares = families.map(([, amount]) => amount / ca)
    expect(share).toBeCloseTo(Math.max(...shares), 3)
    expect(diversity).toBeCloseTo(1 - shares.reduce((sum, one) => sum + one * one, 0), 3)
  }
})

test('every report of the winery runs and reconciles, and has rows', async () => {
  for (const { report } of await winery.rooms.reports.list()) {
    const { rows, reconciliation } = await winery.rooms.reports.run(report)
    expect([report, reconciliation.lines.filter(({ ok }) => !ok), rows.length > 0]).toEqual([report, [], true])
  }
})

test('every segment of the winery has members and leaves others out, alike in the snapshot and in the warehouse', async () => {
  await winery.rooms.sync({ request: 'test' })
  const segments = await winery.rooms.segments.list()
  expect(segments.length).toBeGreaterThanOrEqual(6)
  for (const { segment } of segments) {
    const [cached, asked] = [await winery.rooms.segments.count(segment, 'cache'), await winery.rooms.segments.count(segment, 'warehouse')]
    expect([segment, cached.count]).toEqual([segment, asked.count])
    expect([segment, cached.count > 0 && cached.count < cached.of]).toEqual([segment, true])
  }
})

test('every migration of the winery can be taken back and made again', async () => {
  const before = await winery.rows(
    `SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public' ORDER BY 1, 2`,
  )
  const folder = join(winery.folder, 'migrations')
  const files = (await readdir(folder)).sort()
  const read = (suffix: string) =>
    Promise.all(files.filter((name) => name.endsWith(suffix)).map((name) => readFile(join(folder, name), 'utf8')))
  const [downs, ups] = [(await read('.down.sql')).reverse(), await read('.up.sql')]
  const undone = new Error('taken back')
  const attempt = winery.rooms.warehouse.withTransaction(async (session) => {
    for (const sql of downs) await session.script(sql)
    const left = `SELECT 1 FROM pg_class WHERE relnamespace = 'public'::regnamespace UNION ALL SELECT 1 FROM pg_proc WHERE pronamespace = 'public'::regnamespace`
    expect((await session.query(left)).rows).toEqual([])
    for (const sql of ups) await session.script(sql)
    throw undone
  })
  await expect(attempt).rejects.toBe(undone)
  expect(
    await winery.rows(`SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public' ORDER BY 1, 2`),
  ).toEqual(before)
})

/** Contents without surrogate keys and times of loading. */
const CONTENTS: Record<string, string> = {
  product: "to_jsonb(t) - '{created_at,updated_at}'::text[]",
  customer: "to_jsonb(t) - '{created_at,updated_at}'::text[]",
  customer_merge: "to_jsonb(t) - 'created_at'",
  order_line: "to_jsonb(t) - '{id,created_at}'::text[]",
  contact_event: "to_jsonb(t) - '{id,created_at}'::text[]",
  customer_taste: 'to_jsonb(t)',
  client_master_profile: "to_jsonb(t) - '{id,created_at,updated_at}'::text[]",
  ingestion_errors: "to_jsonb(t) - '{id,created_at}'::text[]",
  ingestion_batches: "to_jsonb(t) - '{id,created_at}'::text[]",
}
const digests = async (pack: TestPack): Promise<Record<string, unknown>> =>
  Object.fromEntries(
    await Promise.all(
      Object.entries(CONTENTS).map(
        async ([table, row]) =>
          [
            table,
            (
              await pack.rows(
                `SELECT count(*), md5(string_agg(md5((${row})::text), '' ORDER BY md5((${row})::text))) AS digest FROM ${table} t`,
              )
            )[0],
          ] as const,
      ),
    ),
  )

test('an hour of new, late and corrected files with runs in between leaves what a full reload makes of them', async () => {
  const before = await winery.rows<{ lines: number }>('SELECT count(*)::integer AS lines FROM order_line')
  const lived: Record<string, number> = {}
  for (let part = 0; part < 4; part += 1) {
    for (const [file, rows] of Object.entries(await winery.live(15, 20))) lived[file] = (lived[file] ?? 0) + rows
    const run = await winery.run()
    expect(run.steps.filter(({ status }) => status !== 'succeeded')).toEqual([])
    expect(run.steps.find(({ job }) => job === 'order_line')?.read).toBeLessThan(1500)
  }
  expect(Object.keys(lived).sort()).toEqual(['inbox.contacts', 'inbox.corrected_sales_lines', 'inbox.customers', 'inbox.sales_lines'])
  const after = await winery.rows<{ lines: number }>('SELECT count(*)::integer AS lines FROM order_line')
  expect(after[0]?.lines).toBeGreaterThan((before[0]?.lines ?? 0) + 200)
  const incremental = await digests(winery)
  expect((await winery.run()).steps.filter(({ inserted, updated }) => inserted + updated > 0)).toEqual([])
  const reload = await winery.run({ full_reload: true })
  expect(reload.steps.filter(({ status }) => status !== 'succeeded')).toEqual([])
  expect(await digests(winery)).toEqual(incremental)
  expect((await winery.rooms.reports.run('turnover_reconciliation')).reconciliation.ok).toBe(true)
})
