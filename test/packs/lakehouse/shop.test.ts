/** The shop's own database: its rules, what it publishes, and that neither filling nor living on does anything twice. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { generator } from '../../../server/workspaces/generators/lakehouse/index.ts'
import { TABLES } from '../../../server/workspaces/generators/lakehouse/tables.ts'
import { DEMO_UNTIL, openTestPack, type TestPack } from '../../tools/open-pack.ts'

const MINUTE = 60_000
const SIZES = { tenants: 3, customers_per_tenant: 20, products_per_tenant: 10 }
let pack: TestPack
const shop = <R = Record<string, unknown>>(sql: string): Promise<R[]> => pack.sourceRows<R>('shop', sql)

beforeAll(async () => {
  pack = await openTestPack({ pack: 'lakehouse', sizes: SIZES })
})
afterAll(() => pack.close())

const digest = async (): Promise<unknown> => {
  const parts = TABLES.map((table) => `SELECT '${table}' AS name, md5(string_agg(t::text, ',' ORDER BY t.id)) AS digest FROM ${table} t`)
  return shop(`${parts.join(' UNION ALL ')} ORDER BY name`)
}

test('the publication has exactly the eight tables of the shop', async () => {
  const published = await shop<{ name: string }>(`SELECT tablename AS name FROM pg_publication_tables WHERE pubname = 'dms_publication'`)
  expect(published.map(({ name }) => name).sort()).toEqual([...TABLES].sort())
  expect(await shop('SELECT puballtables FROM pg_publication')).toEqual([{ puballtables: false }])
})

test('ids are UUIDs, every table has created_at, and all but events have updated_at', async () => {
  const columns = await shop<{ name: string; type: string; tables: string[] }>(`
    SELECT column_name::text AS name, data_type AS type, array_agg(table_name::text ORDER BY table_name) AS tables FROM information_schema.columns
    WHERE table_schema = 'public' AND column_name IN ('id', 'created_at', 'updated_at') GROUP BY 1, 2 ORDER BY 1`)
  const all = [...TABLES].sort()
  expect(columns).toEqual([
    { name: 'created_at', type: 'timestamp with time zone', tables: all },
    { name: 'id', type: 'uuid', tables: all },
    { name: 'updated_at', type: 'timestamp with time zone', tables: all.filter((name) => name !== 'core_event') },
  ])
})

test('every index of the document is there after the rows were filled in', async () => {
  const found = await shop<{ index: string }>(`
    SELECT c.relname || ' ' || (SELECT string_agg(a.attname, ' ' ORDER BY k.place) FROM unnest(i.indkey::int2[]) WITH ORDINALITY k(number, place)
      JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.number) AS index
    FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid WHERE c.relnamespace = 'public'::regnamespace AND i.indisvalid`)
  const documented = [
    ...['core_customer tenant_id created_at', 'core_customer tenant_id email', 'core_product tenant_id category'],
    ...['core_product tenant_id created_at', 'core_product sku', 'core_order tenant_id order_date', 'core_order tenant_id status'],
    ...['core_order customer_id order_date', 'core_event tenant_id created_at', 'core_event tenant_id event_type'],
    ...['core_event session_id created_at', 'core_event customer_id created_at', 'core_subscription tenant_id status'],
    ...['core_subscription tenant_id start_date', 'core_subscription customer_id status', 'core_invoice tenant_id status'],
    ...['core_invoice tenant_id issue_date', 'core_invoice customer_id status', 'core_order order_number', 'core_invoice invoice_number'],
    ...['core_tenant name', 'core_tenant slug', 'core_product tenant_id sku'],
  ]
  expect(found.map(({ index }) => index)).toEqual(expect.arrayContaining(documented))
})

test.for([
  ['a line below zero', 'UPDATE core_orderitem SET discount = 1000000, total = quantity * unit_price - 1000000', 'total_check'],
  ['a total that is no sum', 'UPDATE core_order SET total = total + 1', 'core_order_check'],
  ['a status nobody knows', `UPDATE core_order SET status = 'lost'`, 'status_check'],
  ['a completed order without its time', `UPDATE core_order SET completed_at = NULL WHERE status = 'completed'`, 'core_order_check'],
  ['a product for nothing', 'UPDATE core_product SET price = 0', 'price_check'],
  ['less than nothing on stock', 'UPDATE core_product SET stock_quantity = -1', 'stock_quantity_check'],
  ['an order of nobody', `UPDATE core_order SET customer_id = gen_random_uuid()`, 'customer_id_fkey'],
  ['two customers with one address', `UPDATE core_customer SET email = 'same@example.com'`, 'tenant_id_email_key'],
  ['an event of another kind', `UPDATE core_event SET event_type = 'wink'`, 'event_type_check'],
  ['a paid invoice without a day', `UPDATE core_invoice SET paid_date = NULL WHERE status = 'paid'`, 'core_invoice_check'],
])('the shop refuses %s', async ([, sql = '', constraint = '']) => {
  await expect(shop(sql)).rejects.toThrow(new RegExp(constraint))
})

test('to seed again changes nothing, and other sizes are refused instead of added', async () => {
  const before = await digest()
  const again = { seed: 1, scale: 'small' as const, until: DEMO_UNTIL + 1, signal: new AbortController().signal, say: () => undefined }
  const note = await pack.rooms.demo.fill({ ...again, sizes: SIZES })
  expect(await digest()).toEqual(before)
  const [{ rows } = { rows: 0 }] = await shop<{ rows: number }>('SELECT count(*)::int AS rows FROM core_orderitem')
  expect(note.rows['shop.core_orderitem']).toBe(rows)
  await expect(pack.rooms.demo.fill({ ...again, sizes: { ...SIZES, tenants: 4 } })).rejects.toMatchObject({ code: 'demo.other-data' })
})

test('a piece of time that is played again makes nothing twice, and nothing is later than its end', async () => {
  const database = (source: string) => pack.rooms.demo.database(source)
  const piece = { folder: pack.folder, database, signal: new AbortController().signal, seed: 1, rate: 60 }
  const request = { ...piece, from: DEMO_UNTIL, to: DEMO_UNTIL + 5 * MINUTE }
  const counts = await generator.live(request)
  expect(counts['shop.core_order']).toBeGreaterThan(20)
  const after = await digest()
  expect(await generator.live(request)).toEqual({})
  expect(await digest()).toEqual(after)
  const latest = TABLES.map((table) => `SELECT max(created_at) AS at FROM ${table}`).join(' UNION ALL ')
  const [{ at } = { at: 0 }] = await shop<{ at: number }>(`SELECT extract(epoch FROM max(at))::float8 * 1000 AS at FROM (${latest}) t`)
  expect(at).toBeLessThan(request.to)
  expect(at).toBeGreaterThan(request.from)
  const [late] = await shop<{ late: number }>('SELECT count(*)::int AS late FROM core_order WHERE order_date < created_at')
  expect(late?.late).toBeGreaterThan(0)
})
