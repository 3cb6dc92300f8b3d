/** Every migration can be taken back, and applied again to the same end. */
import pg from 'pg'
import { expect, test } from 'vitest'
import type { Connection } from '../../server/warehouse/index.ts'
import { withDatabase } from '../tools/with-warehouse.ts'
import { schemaOf } from './sets.ts'

const database = withDatabase()

/** All that the engine’s own function tells of the tables, and the order of columns, which it leaves out. */
async function describeAll(connection: Connection): Promise<{ parts: string[]; columns: string[] }> {
  const client = new pg.Client(connection)
  await client.connect()
  const parts = await client.query<{ part: string }>(
    `SELECT kind || ' ' || object || ': ' || definition AS part FROM quintile.schema_parts() ORDER BY 1`,
  )
  const columns = await client.query<{ part: string }>(
    `SELECT format('%s.%s: %s', table_schema, table_name, string_agg(column_name, ', ' ORDER BY ordinal_position)) AS part
     FROM information_schema.columns WHERE table_schema IN ('quintile', 'imported', 'public') GROUP BY table_schema, table_name ORDER BY 1`,
  )
  await client.end()
  return { parts: parts.rows.map((row) => row.part), columns: columns.rows.map((row) => row.part) }
}

async function countOf(connection: Connection, sql: string): Promise<number> {
  const client = new pg.Client(connection)
  await client.connect()
  const { rows } = await client.query<{ count: number }>(sql)
  await client.end()
  return rows[0]?.count ?? -1
}

test('up, all the way down and up again leaves the schema as it was, column for column', async () => {
  const schema = schemaOf(database.connection)
  await schema.move({ verb: 'upgrade' })
  const first = await describeAll(database.connection)
  expect(first.parts.length).toBeGreaterThan(200)
  await schema.move({ verb: 'downgrade', target: 'base' })
  await schema.move({ verb: 'downgrade', target: 'base', set: 'engine' })
  const left = `SELECT count(*)::int AS count FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'v', 'm') AND n.nspname IN ('quintile', 'imported', 'public') AND c.relname !~ '^migrations_'`
  expect(await countOf(database.connection, left)).toBe(0)
  await schema.move({ verb: 'upgrade' })
  expect(await describeAll(database.connection)).toEqual(first)
  expect(await schema.check()).toMatchObject({ ok: true, drift: [], extra: [] })
})

test('each single migration down and up again leaves the schema as it was', async () => {
  const schema = schemaOf(database.connection)
  for (const { set, applied } of await schema.states()) {
    for (let steps = 1; steps <= applied.length; steps += 1) {
      const before = await describeAll(database.connection)
      await schema.move({ verb: 'downgrade', target: `-${String(steps)}`, set })
      await schema.move({ verb: 'upgrade', set })
      expect(await describeAll(database.connection), `${set}, ${String(steps)} steps`).toEqual(before)
    }
  }
  expect((await schema.check()).drift).toEqual([])
})
