/** Appends: rows are only ever added, each once, by key, by a feed's position or by a stamp that no two rows share. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { LoadContext, LoadOutcome } from '../../../server/pipelines/load-kind.ts'
import { jobSchema, kindOf, type Job } from '../../../server/pipelines/load-kinds.ts'
import { openWarehouse, type Warehouse } from '../../../server/warehouse/index.ts'
import { loadStaged, parseDeclaration, stage } from '../../tools/load-by-hand.ts'
import { withDatabase } from '../../tools/with-warehouse.ts'

const database = withDatabase()
let warehouse: Warehouse

beforeAll(() => {
  warehouse = openWarehouse({ label: 'test', locate: () => Promise.resolve(database.connection) })
})
afterAll(() => warehouse.close())
beforeEach(() =>
  warehouse.withSession((session) =>
    session.script(`DROP TABLE IF EXISTS events;
      CREATE TABLE events (event_id int UNIQUE, seen_at timestamptz, amount numeric(8,2), loaded_by text DEFAULT 'us')`),
  ),
)

const KEYED = parseDeclaration({ kind: 'append', target: 'events', key: ['event_id'] })
const STAMPED = parseDeclaration({ kind: 'append', target: 'events', watermark: 'seen_at', unique_stamps: true })
const FED = parseDeclaration({ kind: 'append', source: 'files', stream: 'events*.csv', target: 'events' })

interface Event {
  event_id: number
  seen_at?: string
  amount?: number
}

async function load(job: Job, batch: readonly Event[], context: Partial<LoadContext<Job>> = {}): Promise<LoadOutcome> {
  return warehouse.withTransaction(async (session) => {
    await stage(session, { event_id: 'int', seen_at: 'timestamptz', amount: 'numeric' }, batch as never)
    return loadStaged(session, job, { extent: 'partial', ...context })
  })
}

const ids = async (): Promise<unknown> =>
  (await warehouse.query(`SELECT array_agg(event_id || ':' || amount ORDER BY event_id, amount) AS all FROM events`)).rows[0]?.['all'] ?? []

const event = (event_id: number, amount = 1, seen_at = '2026-01-01T00:00:00Z'): Event => ({ event_id, amount, seen_at })

describe('with a key', () => {
  test('a row is added once, and the first one stays where a later one differs', async () => {
    expect(await load(KEYED, [event(1), event(2)])).toMatchObject({ counts: { inserted: 2, unchanged: 0 }, note: null })
    const outcome = await load(KEYED, [event(2, 1.004), event(1, 9), event(3)])
    expect(outcome).toMatchObject({
      counts: { inserted: 1, updated: 0, unchanged: 2 },
      note: '1 row differs from what was appended before; append keeps the first',
    })
    expect(await ids()).toEqual(['1:1.00', '2:1.00', '3:1.00'])
  })

  test('the target must enforce it', async () => {
    await warehouse.query('ALTER TABLE events DROP CONSTRAINT events_event_id_key')
    await expect(load(KEYED, [event(1)])).rejects.toMatchObject({ code: 'load.key-not-unique' })
  })

  test('a reload makes the target what the extract is', async () => {
    await load(KEYED, [event(1), event(2)])
    expect(await load(KEYED, [event(2, 5), event(3)], { reload: true, extent: 'full' })).toMatchObject({ counts: { inserted: 1, updated: 1 }, removed: 1 }) // prettier-ignore
    expect(await ids()).toEqual(['2:5.00', '3:1.00'])
    await expect(load(KEYED, [], { reload: true, extent: 'full' })).rejects.toMatchObject({ code: 'load.empty-extract' })
    await expect(load(KEYED, [event(1)], { reload: true })).rejects.toMatchObject({ code: 'load.partial-extract' })
  })
})

describe('with stamps of which no two are alike', () => {
  test('rows up to the watermark were added before, whatever the look-back brings again', async () => {
    const [first, second] = [event(1, 1, '2026-01-01T00:00:00Z'), event(2, 1, '2026-01-01T00:00:01Z')]
    await load(STAMPED, [first, second])
    const watermark = '2026-01-01 00:00:01+00'
    const outcome = await load(STAMPED, [first, second, event(3, 1, '2026-01-01T00:00:01.000001Z')], { watermark })
    expect(outcome).toMatchObject({ counts: { inserted: 1, unchanged: 2 } })
    expect(await ids()).toHaveLength(3)
  })

  test('two rows with one stamp are doubles, and a row without one is no row', () => {
    expect(kindOf(STAMPED).identity(STAMPED)).toEqual(['seen_at'])
    expect(kindOf(STAMPED).required(STAMPED)).toEqual(['seen_at'])
  })

  test('mended rejects are added although their stamps are old', async () => {
    const outcome = await load(STAMPED, [event(1)], { watermark: '2026-06-01 00:00:00+00', isReplay: true })
    expect(outcome).toMatchObject({ counts: { inserted: 1, unchanged: 0 } })
  })
})

test('rows of a feed are added as they come: its position says what was read', async () => {
  await load(
    FED,
    [event(1), event(1, 2)].map((one, index) => ({ ...one, event_id: index + 1 })),
  )
  expect(await load(FED, [event(3), event(4)], { watermark: '2027-01-01 00:00:00+00' })).toMatchObject({ counts: { inserted: 2 } })
  expect(kindOf(FED).required(FED)).toEqual([])
})

test('an append that could lose a row or add it twice is refused where it is declared', () => {
  const refusal = (declared: Record<string, unknown>): string | undefined =>
    jobSchema.safeParse({ kind: 'append', target: 'events', ...declared }).error?.issues[0]?.message
  expect(refusal({})).toContain('append needs a key')
  expect(refusal({ watermark: 'seen_at' })).toContain('unique_stamps: true')
  expect(refusal({ source: 'shop' })).toContain('append needs a key')
  expect(refusal({ unique_stamps: true })).toContain('needs a watermark')
  expect(refusal({ key: ['event_id'] })).toBeUndefined()
})
