/** What PostgreSQL and the network say, and what it means for the person and for trying again. */
import pg from 'pg'
import { expect, test } from 'vitest'
import { toFailure } from '../../shared/failure.ts'
import { openWarehouse, toWarehouseFailure, type Connection } from '../../server/warehouse/index.ts'
import { withDatabase } from '../tools/with-warehouse.ts'
import { withPeople } from './people.ts'

const database = withDatabase()
const people = withPeople()

async function failureOf(connection: Connection, text: string): Promise<unknown> {
  const warehouse = openWarehouse({ label: 'test', locate: () => Promise.resolve(connection) })
  try {
    await warehouse.query(text)
    return null
  } catch (thrown) {
    return toFailure(thrown)
  } finally {
    await warehouse.close()
  }
}

test.each([
  ['SELECT * FROM nothing', 'warehouse.no-table', 'mistake'],
  ['SELECT nothing FROM pg_class', 'warehouse.no-column', 'mistake'],
  ['SELECT 1 / 0', 'warehouse.bad-value', 'stop'],
  ['SELECT (SELECT oid FROM pg_class)', 'warehouse.bad-value', 'stop'],
  ['SELEC', 'warehouse.bad-sql', 'stop'],
  ['CREATE TABLE nowhere.t (id integer)', 'warehouse.no-schema', 'mistake'],
  ['CREATE TABLE pg_catalog.pg_class (id integer)', 'warehouse.exists', 'mistake'],
  [`DO $$ BEGIN RAISE EXCEPTION 'so not' USING ERRCODE = 'ZZ999'; END $$`, 'warehouse.failed', 'stop'],
  [`DO $$ BEGIN RAISE EXCEPTION 'so not'; END $$`, 'warehouse.failed', 'stop'],
  [`SELECT pg_terminate_backend(pg_backend_pid())`, 'warehouse.shut-down', 'retry'],
])('%s is %s, to be treated as a %s', async (text, code, kind) => {
  expect(await failureOf(database.connection, text)).toMatchObject({ code, kind, hint: expect.any(String) as string })
})

test('a statement beyond what stands on its object is refused with the names of those', async () => {
  const text = 'CREATE TABLE base (id integer); CREATE VIEW upon AS SELECT * FROM base; DROP TABLE base'
  expect(await failureOf(database.connection, text)).toMatchObject({
    code: 'warehouse.in-use',
    details: { sqlstate: '2BP01', detail: expect.stringContaining('upon') as string },
  })
})

test.each<[string, Partial<Connection>, string, string]>([
  ['a port where nobody listens', { port: 1 }, 'warehouse.unreachable', 'retry'],
  ['an unknown host', { host: 'warehouse.invalid' }, 'warehouse.unreachable', 'retry'],
  ['a wrong password', { password: 'wrong' }, 'warehouse.login-refused', 'mistake'],
  ['no password', { password: undefined }, 'warehouse.login-refused', 'mistake'],
  ['an unknown database', { database: 'nowhere' }, 'warehouse.no-database', 'mistake'],
  ['TLS where there is none', { tls: 'require' }, 'warehouse.tls', 'mistake'],
])('%s is told as such', async (_name, change, code, kind) => {
  expect(await failureOf({ ...database.connection, ...change }, 'SELECT 1')).toMatchObject({ code, kind })
})

test('a login without a right is told to ask for the grant', async () => {
  const ana = await people.login(database.connection)
  expect(await failureOf(ana, 'CREATE TABLE public.t (id integer)')).toMatchObject({ code: 'warehouse.no-privilege', kind: 'mistake' })
  await people.leave(ana)
})

test('an error that is not the warehouse’s stays what it is', () => {
  const error = new TypeError('our own bug')
  expect(toWarehouseFailure(error)).toBe(error)
  expect(toWarehouseFailure(new pg.DatabaseError('x', 1, 'error'))).not.toMatchObject({ code: 'warehouse.failed' })
})
