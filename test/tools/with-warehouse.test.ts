import pg from 'pg'
import { expect, test } from 'vitest'
import type { Connection } from '../../server/warehouse/index.ts'
import { createDatabase, dropDatabase, withDatabase, type Template } from './with-warehouse.ts'

async function connect(connection: Connection): Promise<pg.Client> {
  const client = new pg.Client({ ...connection, application_name: 'a forgetful test' })
  // Dropping the database cuts the connection, which is what one of these tests is about.
  client.on('error', () => undefined)
  await client.connect()
  return client
}

let built = 0
const template: Template = {
  name: 'little_table',
  build: async (connection) => {
    built += 1
    const client = await connect(connection)
    await client.query('CREATE TABLE little AS SELECT 1 AS one')
    await client.end()
  },
}

const own = withDatabase(template)

async function ones(connection: Connection): Promise<number> {
  const client = await connect(connection)
  const { rows } = await client.query<{ count: number }>('SELECT count(*)::int AS count FROM little')
  await client.end()
  return rows[0]?.count ?? 0
}

test('two databases of one template begin alike, do not see each other, and the template is built once', async () => {
  const other = await createDatabase(template)
  const client = await connect(other)
  await client.query('INSERT INTO little VALUES (2)')
  await client.end()
  expect([await ones(own.connection), await ones(other)]).toEqual([1, 2])
  expect(built).toBe(1)
  await dropDatabase(other)
})

test('dropping a database that is still in use drops it and names the connection that was left open', async () => {
  const connection = await createDatabase()
  const client = await connect(connection)
  await client.query('SELECT 42 AS forgotten')
  await expect(dropDatabase(connection)).rejects.toThrow(
    /1 connections .* left open[\s\S]*a forgetful test \(idle\): SELECT 42 AS forgotten/,
  )
  await client.end().catch(() => undefined)
  await expect(connect(connection)).rejects.toThrow('does not exist')
})
