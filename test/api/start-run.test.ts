/** A run started from the screen: its page exists when the answer comes, and what keeps it from starting is the answer. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { answerCalls } from '../../server/calls.ts'
import { holdLeases } from '../../server/warehouse/index.ts'
import { addOrderLines, openTestWorkspace, type TestWorkspace } from '../tools/open-workspace.ts'
import { withDatabase } from '../tools/with-warehouse.ts'

const database = withDatabase()
const OTHER = { machine: 'other-machine', user: 'other', pid: 7, run_id: '01a1fcd4-3766-71db-8608-6ae9a510640c' }
let shop: TestWorkspace

beforeAll(async () => {
  shop = await openTestWorkspace(database.connection)
  await addOrderLines(shop.rooms, [{ at: '2026-01-01T10:00:00Z' }])
})
afterAll(() => shop.close())

const underWay = new Map<string, AbortController>()
const start = () =>
  answerCalls(shop.rooms, { underWay, broadcast: () => undefined, log: () => undefined })['runs.start']({}, { jobs: ['all'] })

test('while another machine holds a job is refused with who has it', async () => {
  const lease = await holdLeases(database.connection, ['fact_sales'], OTHER)
  await expect(start()).rejects.toMatchObject({ code: 'lease.held' })
  await lease.release()
  expect((await shop.rooms.runs.list({ offset: 0, limit: 10 })).total).toBe(0)
})

test('stands in the run book as soon as its id is known, and can be cancelled', async () => {
  const { run_id } = await start()
  expect((await shop.rooms.runs.show(run_id)).run_id).toBe(run_id)
  underWay.get(run_id)?.abort()
  while (underWay.has(run_id)) await shop.rooms.runs.show(run_id)
})
