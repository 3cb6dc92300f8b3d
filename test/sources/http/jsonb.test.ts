import fc from 'fast-check'
import pg from 'pg'
import { expect, test } from 'vitest'
import { troubleOf } from '../../../server/sources/http/page.ts'
import { withDatabase } from '../../tools/with-warehouse.ts'

const database = withDatabase()

/** Pieces of which JSON strings with every kind of escape are made. */
const PIECE = fc.constantFrom(
  'a',
  'é',
  '😀',
  '\\\\',
  '\\"',
  '\\n',
  'u0000',
  '\\u0000',
  '\\u0001',
  '\\u00e9',
  '\\ud83d',
  '\\uD83D',
  '\\ude00',
  '\\uDE00',
)

test('an item is rejected exactly when jsonb does not take it', async () => {
  const text = fc.array(PIECE, { maxLength: 6 }).map((pieces) => `{"k${pieces.slice(0, 1).join('')}": ["${pieces.join('')}", 1.10]}`)
  const texts = fc.sample(text, { numRuns: 2000, seed: 7 })
  const client = new pg.Client(database.connection)
  await client.connect()
  const { rows } = await client.query<{ taken: boolean }>(
    `SELECT pg_input_is_valid(text, 'jsonb') AS taken FROM unnest($1::text[]) WITH ORDINALITY AS given(text, place) ORDER BY place`,
    [texts],
  )
  await client.end()
  const ours = texts.map((one) => troubleOf(JSON.parse(one), one) === null)
  expect(texts.filter((_, index) => ours[index] !== rows[index]?.taken)).toEqual([])
  expect(new Set(ours).size).toBe(2)
})
