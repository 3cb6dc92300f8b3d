/** RFM scores against published ones, and the promise that equal values score alike. */
import { readFileSync } from 'node:fs'
import { parse } from 'csv-parse/sync'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { loadStaged, parseDeclaration } from '../../tools/load-by-hand.ts'
import { openWarehouse, type Warehouse } from '../../../server/warehouse/index.ts'
import { describeWithRealData } from '../../tools/real-data.ts'
import { withDatabase } from '../../tools/with-warehouse.ts'

const database = withDatabase()
let warehouse: Warehouse

beforeAll(async () => {
  warehouse = openWarehouse({ label: 'test', locate: () => Promise.resolve(database.connection) })
  await warehouse.query(`CREATE TABLE scores (user_id text PRIMARY KEY, recency_days int, frequency_count int, monetary_value numeric,
    recency_score int, frequency_score int, monetary_score int, rfm_score int, rfm_segment text)`)
})
afterAll(() => warehouse.close())

interface Customer {
  id: string
  recency: number
  frequency: number
  monetary: number
}

interface Scored {
  user_id: string
  rfm_score: number
  rfm_segment: string
}

const DECLARED = {
  kind: 'rfm',
  target: 'scores',
  key: ['user_id'],
  segments: [
    { min: 544, name: 'Champions' },
    { min: 144, name: 'Others' },
    { min: 0, name: 'Lost' },
  ],
}

async function score(customers: readonly Customer[], options: Record<string, unknown> = {}): Promise<Scored[]> {
  return warehouse.withTransaction(async (session) => {
    await session.script(
      'DELETE FROM scores; CREATE TEMP TABLE staging (user_id text, recency_days int, frequency_count int, monetary_value numeric) ON COMMIT DROP',
    )
    await session.query('INSERT INTO staging SELECT * FROM unnest($1::text[], $2::int[], $3::int[], $4::numeric[])', [
      customers.map(({ id }) => id),
      customers.map(({ recency }) => recency),
      customers.map(({ frequency }) => frequency),
      customers.map(({ monetary }) => monetary),
    ])
    await loadStaged(session, parseDeclaration({ ...DECLARED, ...options }))
    return (await session.query<Scored>('SELECT user_id, rfm_score, rfm_segment FROM scores ORDER BY user_id')).rows
  })
}

describe('scores', () => {
  const ties = Array.from({ length: 20 }, (_, index): Customer => ({
    id: `c${String(index).padStart(2, '0')}`,
    recency: index,
    frequency: 1,
    monetary: 100,
  }))

  test('equal values always score alike by quantiles', async () => {
    const scored = await score(ties)
    expect(new Set(scored.map(({ rfm_score }) => rfm_score % 100)).size).toBe(1)
  })

  test('ntile splits equal values into groups of one size, by the key', async () => {
    const scored = await score(ties, { method: 'ntile' })
    const frequencies = scored.map(({ rfm_score }) => Math.floor(rfm_score / 10) % 10)
    expect([1, 2, 3, 4, 5].map((group) => frequencies.filter((value) => value === group).length)).toEqual([4, 4, 4, 4, 4])
  })

  test('the most recent customer scores 5 and the longest gone 1', async () => {
    const scored = await score(ties)
    expect([scored[0], scored[19]].map((customer) => Math.floor((customer?.rfm_score ?? 0) / 100))).toEqual([5, 1])
  })

  test('one single customer is scored without failing', async () => {
    expect(await score([{ id: 'only', recency: 3, frequency: 2, monetary: 9 }])).toHaveLength(1)
  })
})

describeWithRealData('the published scores of 995 customers', ['rfm/expected_scores.csv'], (file = '') => {
  const customers: Customer[] = []
  const expected = new Map<string, number>()

  beforeAll(() => {
    for (const row of parse<Record<string, string>>(readFileSync(file), { columns: true })) {
      const id = row['customer_id'] ?? ''
      customers.push({
        id,
        recency: Number(row['recency_days']),
        frequency: Number(row['transaction_count']),
        monetary: Number(row['amount']),
      })
      expected.set(id, Number(row['rfm_score']))
    }
  })

  test('are met exactly with the cut points moved up by one, as the publisher does', async () => {
    const scored = await score(customers, { cut_offset: 1 })
    expect(scored).toHaveLength(995)
    expect(scored.filter(({ user_id, rfm_score }) => expected.get(user_id) !== rfm_score)).toEqual([])
  })

  test('are met by plain cut points but for three customers who lie between a cut point and the next whole number', async () => {
    const scored = await score(customers)
    expect(scored.filter(({ user_id, rfm_score }) => expected.get(user_id) !== rfm_score)).toHaveLength(3)
  })
})
