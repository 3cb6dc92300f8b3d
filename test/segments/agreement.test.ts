/** One rule, three evaluators, one answer: json-logic-js row by row, SQL in SQLite, SQL in PostgreSQL, member for member. */
import Database from 'better-sqlite3'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { matches } from '../../server/segments/reference.ts'
import { compileRule, POSTGRES, SQLITE } from '../../server/segments/rule-to-sql.ts'
import { openWarehouse, type Warehouse } from '../../server/warehouse/index.ts'
import { parseRule, type ValueType } from '../../shared/rule.ts'
import { withDatabase } from '../tools/with-warehouse.ts'

const database = withDatabase()
let warehouse: Warehouse
const sqlite = new Database(':memory:')

const columns = new Map<string, ValueType>([
  ['revenue', 'number'],
  ['days', 'number'],
  ['country', 'text'],
  ['city', 'text'],
])
const NUMBERS = [null, 0, -0, 1, 30, 29.5, -7, 1000, 1000.01, 0.1, 1e15, -1e-9]
const TEXTS = [null, '', 'UK', 'uk', 'Ä', 'France', "O'Hara", '30', '1000', '𝄞 clef', '％']

const people = Array.from({ length: 400 }, (_, index) => ({
  id: `c${String(index).padStart(3, '0')}`,
  revenue: NUMBERS[(index * 7) % NUMBERS.length] ?? null,
  days: NUMBERS[(index * 5 + 3) % NUMBERS.length] ?? null,
  country: TEXTS[(index * 3) % TEXTS.length] ?? null,
  city: TEXTS[(index * 11 + 4) % TEXTS.length] ?? null,
}))

beforeAll(async () => {
  sqlite.exec('CREATE TABLE people (id TEXT, revenue REAL, days REAL, country TEXT, city TEXT) STRICT')
  const insert = sqlite.prepare('INSERT INTO people VALUES (@id, @revenue, @days, @country, @city)')
  people.forEach((person) => insert.run(person))
  warehouse = openWarehouse({ label: 'test', locate: () => Promise.resolve(database.connection) })
  await warehouse.query('CREATE TABLE people (id text, revenue numeric, days float8, country text, city text)')
  for (const { id, revenue, days, country, city } of people)
    await warehouse.query('INSERT INTO people VALUES ($1, $2, $3, $4, $5)', [id, revenue, days, country, city])
})
afterAll(async () => {
  sqlite.close()
  await warehouse.close()
})

const number = fc.constantFrom(...NUMBERS.filter((value) => value !== null))
const text = fc.constantFrom(...TEXTS.filter((value) => value !== null))
const numeric = fc.constantFrom('revenue', 'days').map((name) => ({ var: name }))
const textual = fc.constantFrom('country', 'city').map((name) => ({ var: name }))
const ordering = fc.constantFrom('<', '<=', '>', '>=')
const equality = fc.constantFrom('==', '!=', '===', '!==')

const leaf = fc.oneof(
  fc
    .tuple(fc.oneof(ordering, equality), numeric, number, fc.boolean())
    .map(([operator, column, value, turned]) => ({ [operator]: turned ? [value, column] : [column, value] })),
  fc.tuple(fc.oneof(ordering, equality), textual, text).map(([operator, column, value]) => ({ [operator]: [column, value] })),
  fc.tuple(fc.oneof(ordering, equality), numeric, numeric).map(([operator, a, b]) => ({ [operator]: [a, b] })),
  fc.tuple(fc.oneof(ordering, equality), textual, textual).map(([operator, a, b]) => ({ [operator]: [a, b] })),
  fc.tuple(equality, fc.oneof(numeric, textual)).map(([operator, column]) => ({ [operator]: [column, null] })),
  fc.tuple(ordering, numeric).map(([operator, column]) => ({ [operator]: [column, null] })),
  fc
    .tuple(fc.constantFrom('<', '<='), number, numeric, number)
    .map(([operator, low, column, high]) => ({ [operator]: [low, column, high] })),
  fc
    .tuple(numeric, fc.array(fc.oneof(number, fc.constant(null)), { minLength: 1, maxLength: 4 }))
    .map(([column, list]) => ({ in: [column, list] })),
  fc
    .tuple(textual, fc.array(fc.oneof(text, fc.constant(null)), { minLength: 1, maxLength: 4 }))
    .map(([column, list]) => ({ in: [column, list] })),
)

const rule: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  rule: fc.oneof(
    { maxDepth: 4, depthIdentifier: 'rule' },
    leaf,
    fc
      .tuple(fc.constantFrom('and', 'or'), fc.array(tie('rule'), { minLength: 1, maxLength: 3 }))
      .map(([operator, parts]) => ({ [operator]: parts })),
    tie('rule').map((part) => ({ '!': [part] })),
  ),
})).rule

test('random rules have the same members by the reference, in SQLite and in PostgreSQL', async () => {
  const runs = Number(process.env['QUINTILE_PROPERTY_RUNS'] ?? 400)
  await fc.assert(
    fc.asyncProperty(rule, async (one) => {
      const node = parseRule(one, columns)
      const expected = people.filter((person) => matches(one, person)).map((person) => person.id)
      const inSqlite = compileRule(node, SQLITE)
      expect(
        sqlite
          .prepare(`SELECT id FROM people WHERE ${inSqlite.sql} ORDER BY id`)
          .pluck()
          .all(...inSqlite.values),
      ).toEqual(expected)
      const inPostgres = compileRule(node, POSTGRES)
      const { rows } = await warehouse.query<{ id: string }>(`SELECT id FROM people WHERE ${inPostgres.sql} ORDER BY id`, inPostgres.values)
      expect(rows.map((row) => row.id)).toEqual(expected)
    }),
    { numRuns: runs, seed: 20261121 },
  )
})

test('who never bought is not recent: a missing value fails every ordering', () => {
  expect(matches({ '<': [{ var: 'days' }, 30] }, { days: null })).toBe(false)
  expect(matches({ '>=': [{ var: 'days' }, 0] }, {})).toBe(false)
})
