/** Many changes at once: one statement, one transaction, memory as for a few. */
import { setImmediate as turn } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { FeedPosition } from '../../../server/sources/index.ts'
import { withDatabase } from '../../tools/with-warehouse.ts'
import { openWriter } from '../postgres-tables.ts'
import { dropSlots, openReplica, type Replica } from './replica.ts'

const CHANGES = 100_000
/** The changes are 30 MB as text. */
const ALLOWED_BYTES = 12_000_000

// What is garbage by now does not count, and only a collection tells.
setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

const database = withDatabase()
let writer: pg.Client
let replica: Replica

beforeAll(async () => {
  writer = await openWriter(database.connection)
  await writer.query(`CREATE TABLE bulk (id int PRIMARY KEY, filler text); CREATE PUBLICATION changes FOR TABLE bulk`)
  replica = openReplica(database.connection, { tables: ['public.bulk'] })
})
afterAll(async () => {
  await replica.close()
  await dropSlots(writer)
  await writer.end()
})

/** Reads without keeping a row, and lets others run now and then as a warehouse does; answers with the most memory it took. */
async function readThrough(position: FeedPosition | null) {
  let sum = 0
  let most = 0
  const used = () => {
    collect()
    return process.memoryUsage().heapUsed + process.memoryUsage().arrayBuffers
  }
  const before = used()
  const outcome = await replica.feed.read(
    { stream: 'public.bulk', position, dryRun: false, signal: new AbortController().signal },
    {
      columns: () => Promise.resolve(),
      row: (values) => {
        sum += Number(values[0])
        if (Number(values[0]) % 10_000 !== 0) return undefined
        most = Math.max(most, used() - before)
        return turn()
      },
      reject: () => undefined,
    },
  )
  await replica.feed.committed('public.bulk', outcome.position!)
  replica.positions.set('public.bulk', outcome.position!)
  return { outcome, sum, most }
}

test('100,000 changes of 300 bytes pass through with memory flat, and so does the first read of the table', async () => {
  const empty = await readThrough(null)
  await writer.query(`INSERT INTO bulk SELECT n, repeat('x', 300) FROM generate_series(1, ${String(CHANGES)}) AS n`)
  const total = (CHANGES * (CHANGES + 1)) / 2
  const changes = await readThrough(empty.outcome.position)
  expect({ read: changes.outcome.read, sum: changes.sum, note: changes.outcome.note }).toEqual({
    read: CHANGES,
    sum: total,
    note: '100000 changes of 1 transaction',
  })
  expect(changes.most).toBeLessThan(ALLOWED_BYTES)
  const whole = await readThrough(null)
  expect({ read: whole.outcome.read, sum: whole.sum }).toEqual({ read: CHANGES, sum: total })
  expect(whole.most).toBeLessThan(ALLOWED_BYTES)
})
