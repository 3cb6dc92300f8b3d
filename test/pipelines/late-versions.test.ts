/** Sales and the versions of their time, through whole runs: what comes late moves what was loaded before it. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { addOrderLines, openTestWorkspace, runJobs, type TestWorkspace } from '../tools/open-workspace.ts'
import { withDatabase } from '../tools/with-warehouse.ts'

const database = withDatabase()
let shop: TestWorkspace

beforeAll(async () => {
  shop = await openTestWorkspace(database.connection)
})
afterAll(() => shop.close())

/** `day country`: the country that each sale of near’s carries by its version. */
async function sales(): Promise<string[]> {
  const { rows } = await shop.rooms.warehouse.query<{ sale: string }>(`
    SELECT concat_ws(' ', f.transaction_timestamp::date, c.country) AS sale
    FROM fact_sales f JOIN dim_customers c USING (customer_sk) WHERE f.user_id = 'near' ORDER BY f.transaction_timestamp`)
  return rows.map((row) => row.sale)
}

/** Sales whose version is not the one valid at their time, or that carry none though there is one. */
async function misplaced(): Promise<number> {
  const { rows } = await shop.rooms.warehouse.query<{ n: number }>(`
    SELECT count(*)::int AS n FROM fact_sales f
    LEFT JOIN dim_customers c ON c.user_id = f.user_id AND c.effective_from <= f.transaction_timestamp AND f.transaction_timestamp < c.effective_to
    LEFT JOIN dim_products p ON p.product_id = f.product_id AND p.effective_from <= f.transaction_timestamp AND f.transaction_timestamp < p.effective_to
    WHERE f.customer_sk IS DISTINCT FROM c.customer_sk OR f.product_sk IS DISTINCT FROM p.product_sk`)
  return rows[0]?.n ?? -1
}

test('a late order from another country moves the sales after it to the versions valid at their times', async () => {
  await addOrderLines(shop.rooms, [
    { document: '1', at: '2026-01-10T10:00:00Z', country: 'UK' },
    { document: '2', at: '2026-03-10T10:00:00Z', country: 'UK' },
    { document: '3', at: '2026-05-10T10:00:00Z', country: 'France' },
  ])
  const first = await runJobs(shop.rooms)
  expect(first.status).toBe('succeeded')
  expect([await sales(), await misplaced()]).toEqual([['2026-01-10 UK', '2026-03-10 UK', '2026-05-10 France'], 0])
  await addOrderLines(shop.rooms, [{ document: '4', at: '2026-02-10T10:00:00Z', country: 'Spain' }])
  const late = await runJobs(shop.rooms)
  expect(late.steps.find((step) => step.job === 'fact_sales')).toMatchObject({
    inserted: 1,
    reconciles: true,
    note: expect.stringContaining('moved') as string,
  })
  expect([await sales(), await misplaced()]).toEqual([['2026-01-10 UK', '2026-02-10 Spain', '2026-03-10 UK', '2026-05-10 France'], 0])
})

test('a sale that was loaded without its customer follows when the customer’s version comes', async () => {
  const { warehouse } = shop.rooms
  await warehouse.query(`UPDATE fact_sales SET customer_sk = NULL WHERE user_id = 'near'`)
  await warehouse.query(`DELETE FROM dim_customers WHERE user_id = 'near'`)
  await warehouse.query(`DELETE FROM quintile.job_state WHERE job = 'dim_customers'`)
  const run = await runJobs(shop.rooms)
  expect(run.status).toBe('succeeded')
  expect([await sales(), await misplaced()]).toEqual([['2026-01-10 UK', '2026-02-10 Spain', '2026-03-10 UK', '2026-05-10 France'], 0])
})

test('a run after that changes nothing', async () => {
  expect((await runJobs(shop.rooms)).nothing_changed).toBe(true)
})
