/** Imports and runs over the same source take turns. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { holdLeases } from '../../server/warehouse/index.ts'
import { addOrderLines, openTestWorkspace, runJobs, type TestWorkspace } from '../tools/open-workspace.ts'
import { withDatabase } from '../tools/with-warehouse.ts'

const database = withDatabase()
const OTHER = { machine: 'other-machine', user: 'other', pid: 7, run_id: '01a1fcd4-3766-71db-8608-6ae9a510640c' }
let shop: TestWorkspace
let file: string

beforeAll(async () => {
  shop = await openTestWorkspace(database.connection)
  file = join(shop.home, 'orders.csv')
  writeFileSync(file, 'product,quantity,price,date,customer\nmug,1,2.50,2026-01-01,near\n')
  await addOrderLines(shop.rooms, [{ at: '2026-01-01T10:00:00Z' }])
})
afterAll(() => shop.close())

const importFile = () => shop.rooms.pipelines.importFile({ name: 'orders', file, request: 'test', signal: new AbortController().signal })

test('an import waits for its turn while a run reads the source, and a run while an import writes it', async () => {
  const lease = await holdLeases(database.connection, ['imported.order_lines'], OTHER)
  await expect(importFile()).rejects.toMatchObject({ code: 'lease.held', kind: 'retry' })
  await expect(runJobs(shop.rooms)).rejects.toMatchObject({ code: 'lease.held', kind: 'retry' })
  await lease.release()
  expect((await importFile()).result).toMatchObject({ loaded: 1 })
  expect((await runJobs(shop.rooms)).status).toBe('succeeded')
})

test('who wants several and cannot have one has none of them afterwards', async () => {
  const lease = await holdLeases(database.connection, ['dim_customers'], OTHER)
  await expect(runJobs(shop.rooms)).rejects.toMatchObject({ code: 'lease.held' })
  const others = await holdLeases(database.connection, ['fact_sales', 'imported.order_lines'], { ...OTHER, pid: 8 })
  await others.release()
  await lease.release()
})
