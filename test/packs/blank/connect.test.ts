/** Somebody else's shop, read with a login that may only read: found, mapped, checked, and at work at once. */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Rooms } from '../../../server/assemble.ts'
import { openSomebodysShop, type SomebodysShop } from './somebodys-shop.ts'

let shop: SomebodysShop
let opened: Awaited<ReturnType<SomebodysShop['open']>>
let rooms: Rooms

beforeAll(async () => {
  shop = await openSomebodysShop()
  opened = await shop.open()
  const { mapping } = opened.rooms
  await mapping.write(mapping.propose(await mapping.tables(), { tables: {}, columns: {} }))
  await mapping.apply()
  rooms = await opened.again()
  await rooms.sync({ request: 'test' })
})
afterAll(() => shop.close())

describe('tables that somebody else made', () => {
  test('are found with their size, as far as the login may read them, and with what their columns look like', async () => {
    const found = await rooms.mapping.tables()
    expect(found.map(({ table, rows }) => [table, rows])).toEqual([
      ['campaign_contacts', 20],
      ['products', 8],
      ['"Sales"."Order Lines"', 215],
      ['crm.customers', 60],
    ])
    expect(found[2]?.candidates).toMatchObject({
      ...{ customer_id: ['customerId'], ordered_at: ['ordered_on'], amount: ['net_amount'] },
      ...{ order_id: ['invoice_no'], product_id: ['sku'], quantity: ['qty'] },
    })
  })

  test('are mapped without being told, each column to what it is', async () => {
    expect(await readFile(join(opened.folder, 'mapping.yaml'), 'utf8')).toContain(`features:
  table: crm.customers
  customer_id: id
orders:
  table: '"Sales"."Order Lines"'
  customer_id: customerId
  ordered_at: ordered_on
  amount: net_amount
  order_id: invoice_no
  product_id: sku
  quantity: qty
products:
  table: products
  product_id: sku
  name: title
  category: category
contacts:
  table: campaign_contacts
  customer_id: customer_id
  contacted_at: sent_at
  channel: channel
`)
  })

  test('are never written to: no schema, no table, no row of ours', async () => {
    expect(await shop.change(`SELECT nspname FROM pg_namespace WHERE nspname = 'quintile'`)).toEqual([])
    const [made] = await shop.change(`SELECT count(*)::int AS tables FROM pg_class WHERE relowner = '${shop.reader.user}'::regrole`)
    expect(made).toEqual({ tables: 0 })
    await expect(rooms.warehouse.query('CREATE TABLE ours (id int)')).rejects.toMatchObject({ code: 'warehouse.read-only' })
  })
})

describe('a workspace that only reads its warehouse', () => {
  test('gives one customer the same features from the copy and from the tables', async () => {
    const [here, there] = [await rooms.features.get('8', 'cache'), await rooms.features.get('8', 'warehouse')]
    expect(here.features).toEqual(there.features)
    expect(here.features).toMatchObject({
      ...{ full_name: 'Person 8', city: 'Leeds', own_total_spent: 8, order_count: 1, total_spent: 14, contact_count: 1 },
      ...{ rfm_segment: 'Lost Customers' },
    })
    expect(Object.keys(here.features)).not.toContain('photo')
    expect(here.as_of).toBe('2026-06-25T00:00:00Z')
  })

  test('scores recency, orders and money of every buyer by the quantiles of the orders', async () => {
    // Another way to the same scores: how many of the four cut points lie below.
    const wanted = await shop.change(`
      WITH o AS (SELECT "customerId"::text AS id, date '2026-06-25' - max(ordered_on) FILTER (WHERE net_amount > 0)::date AS r, count(DISTINCT invoice_no) FILTER (WHERE net_amount > 0) AS f, sum(net_amount) AS m
        FROM "Sales"."Order Lines" WHERE "customerId" IS NOT NULL GROUP BY 1),
      q AS (SELECT p, percentile_cont(p) WITHIN GROUP (ORDER BY r::float8) AS r, percentile_cont(p) WITHIN GROUP (ORDER BY f::float8) AS f, percentile_cont(p) WITHIN GROUP (ORDER BY m::float8) AS m
        FROM o CROSS JOIN unnest(ARRAY[0.2, 0.4, 0.6, 0.8]) p GROUP BY p)
      SELECT o.id AS customer_id, ((5 - (SELECT count(*) FROM q WHERE o.r > q.r)) * 100 + (1 + (SELECT count(*) FROM q WHERE o.f > q.f)) * 10 + 1 + (SELECT count(*) FROM q WHERE o.m > q.m))::int AS rfm_score
      FROM o ORDER BY 1`)
    const { rows } = await rooms.reports.run('top_customers')
    expect(
      rows
        .map(({ customer_id, rfm_score }) => ({ customer_id, rfm_score }))
        .sort((a, b) => (String(a.customer_id) < String(b.customer_id) ? -1 : 1)),
    ).toEqual(wanted)
  })

  test('counts its segments alike in the copy and in the tables', async () => {
    const segments = await rooms.segments.list()
    expect(segments.length).toBeGreaterThanOrEqual(6)
    for (const { segment } of segments)
      expect([segment, (await rooms.segments.count(segment, 'cache')).count]).toEqual([
        segment,
        (await rooms.segments.count(segment, 'warehouse')).count,
      ])
    expect((await rooms.segments.count('never_bought', 'cache')).count).toBe(8)
  })

  test('answers its reports, and their sums are those of the tables', async () => {
    const results = await Promise.all((await rooms.reports.list()).map(({ report }) => rooms.reports.run(report)))
    expect(results.filter(({ rows, reconciliation }) => rows.length === 0 || !reconciliation.ok)).toEqual([])
    const [sum] = await shop.change('SELECT sum(net_amount)::text AS revenue FROM "Sales"."Order Lines"')
    const figures = results.find(({ report }) => report === 'key_figures')?.rows ?? []
    expect(figures.find(({ name }) => name === 'revenue')?.['value']).toBe(sum?.['revenue'])
  })

  test('sees what changed in the tables at the next look, without any run of ours', async () => {
    await shop.change(`INSERT INTO "Sales"."Order Lines" VALUES (9100, 'N1', 7, '2026-06-26', 1000, 'P1', 1, NULL)`)
    const { rows } = await rooms.reports.run('top_customers')
    expect(rows[0]).toMatchObject({ customer_id: '7' })
    expect(await rooms.features.asOf()).toEqual({ as_of: '2026-06-26T00:00:00Z', changed_at: null })
    await shop.change('DELETE FROM "Sales"."Order Lines" WHERE line_no = 9100')
  })

  test('keeps its run book on this machine', async () => {
    const { runs } = await rooms.runs.list({ offset: 0, limit: 10 })
    expect(runs.map(({ kind, status, totals }) => [kind, status, totals.read])).toEqual([['sync', 'succeeded', 60]])
    expect((await rooms.runs.show(runs[0]?.run_id ?? '')).steps[0]).toMatchObject({ job: 'feature_snapshot', inserted: 60 })
  })

  test('refuses jobs, imports and tables of ours, and says why', async () => {
    const signal = new AbortController().signal
    const refused = { code: 'workspace.read-only', kind: 'mistake' }
    await expect(rooms.pipelines.start({ jobs: ['all'], request: 'test', signal })).rejects.toMatchObject(refused)
    await expect(rooms.planOf({ jobs: ['all'] })).rejects.toMatchObject(refused)
    await expect(rooms.pipelines.importFile({ name: 'orders', file: 'orders.csv', request: 'test', signal })).rejects.toMatchObject(refused)
    await expect(rooms.upgradeWarehouse()).rejects.toMatchObject({ ...refused, message: expect.stringContaining('read_only') as string })
  })

  test('has a doctor that looks whether it can be read, and at nothing else', async () => {
    const { ok, diagnoses } = await rooms.schema.doctor()
    expect([ok, diagnoses.map(({ check, status }) => `${check} ${status}`)]).toEqual([true, ['login ok', 'read ok', 'records ok']])
  })
})

test('without a way to the tables, reports answer as they were kept', async () => {
  const database = shop.reader.database
  const server = (sql: string) => rooms.records.query(sql)
  await server(`ALTER DATABASE ${database} ALLOW_CONNECTIONS false`)
  await server(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${database}'`)
  const report = await rooms.reports.run('rfm_segments')
  await server(`ALTER DATABASE ${database} ALLOW_CONNECTIONS true`)
  expect([report.source, report.rows.length]).toEqual(['cache', 6])
  expect((await rooms.reports.run('rfm_segments')).source).toBe('warehouse')
})

test('a report that a person has changed is left alone when the mapping is applied again', async () => {
  const file = join(opened.folder, 'reports', 'top_customers.sql')
  await writeFile(file, (await readFile(file, 'utf8')).replace('LIMIT 100', 'LIMIT 3'))
  const { applied } = await rooms.mapping.apply()
  expect(applied.kept).toEqual(['reports/top_customers.sql'])
  expect((await rooms.reports.run('top_customers')).rows).toHaveLength(3)
})
