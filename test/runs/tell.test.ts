import { afterAll, beforeAll, expect, test } from 'vitest'
import { Failure } from '../../shared/failure.ts'
import { openTestWorkspace, type TestWorkspace } from '../tools/open-workspace.ts'
import { withDatabase } from '../tools/with-warehouse.ts'

const database = withDatabase()
let shop: TestWorkspace

beforeAll(async () => {
  shop = await openTestWorkspace(database.connection)
})
afterAll(() => shop.close())

test('a failure longer than a notification may be is told short and kept whole', async () => {
  const runId = '01a1fcd4-3766-71db-8608-6ae9a510640c'
  const message = 'ü'.repeat(20_000)
  const { book } = shop.rooms.runs
  await book.startRun({
    runId,
    kind: 'pipeline',
    request: 'test',
    arguments: {},
    packHash: '',
    steps: [{ job: 'one', group: 'facts', position: 0 }],
  })
  const failure = new Failure({ kind: 'stop', code: 'test.long', message, hint: message, details: { detail: message } })
  await book.endStep(runId, { job: 'one', status: 'failed', note: message, failure })
  await book.finishRun(runId, { status: 'failed', failure })
  expect((await shop.rooms.runs.show(runId)).steps[0]).toMatchObject({ note: message, error: { message } })
})
