/** What the doctor says of a login, step by step, and that the SQL it hands out mends what it found. */
import { createServer, type Server } from 'node:net'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Connection, Diagnosis } from '../../server/warehouse/index.ts'
import { createDatabase, dropDatabase } from '../tools/with-warehouse.ts'
import { run, sql, withPeople } from './people.ts'
import { schemaOf, withCopiedSets } from './sets.ts'

const TEMPLATE = { name: 'doctor', build: async (empty: Connection) => void (await schemaOf(empty).move({ verb: 'upgrade' })) }
const people = withPeople()
const copies = withCopiedSets()
let connection: Connection

beforeEach(async () => {
  connection = await createDatabase(TEMPLATE)
})
afterEach(() => dropDatabase(connection))

const failures = (diagnoses: readonly Diagnosis[]): string[] => diagnoses.filter((one) => one.status === 'failed').map((one) => one.check)
const find = (diagnoses: readonly Diagnosis[], check: string): Diagnosis => diagnoses.find((one) => one.check === check)!

test('an owner of the warehouse has all that is needed, and every step is told', async () => {
  const { ok, diagnoses } = await schemaOf(connection).doctor()
  expect(failures(diagnoses)).toEqual([])
  expect(ok).toBe(true)
  expect(diagnoses.map((one) => one.check)).toEqual([
    ...[
      'name',
      'port',
      'tls',
      'login',
      'database',
      'version',
      'writable',
      'create-schemas',
      'schema-imported',
      'schema-public',
      'schema-quintile',
    ],
    ...['tables', 'temp-tables', 'advisory-locks', 'cancel', 'listen', 'migrations', 'drift', 'connections', 'disk', 'clock', 'wal'],
  ])
})

test('a login without rights is told each one, and the SQL of the answer mends them all', async () => {
  await sql(connection, `REVOKE TEMPORARY ON DATABASE ${connection.database} FROM PUBLIC`)
  const ana = await people.login(connection)
  const before = await schemaOf(ana).doctor()
  expect(before.ok).toBe(false)
  expect(failures(before.diagnoses)).toEqual(
    expect.arrayContaining(['schema-imported', 'schema-public', 'schema-quintile', 'tables', 'temp-tables', 'migrations']),
  )
  await run(connection, before.diagnoses.flatMap((one) => (one.status === 'failed' && one.grant !== null ? [one.grant] : [])).join('\n'))
  const after = await schemaOf(ana).doctor()
  expect(failures(after.diagnoses)).toEqual([])
  expect(find(after.diagnoses, 'owner')).toMatchObject({ status: 'warning', grant: expect.stringContaining('OWNER TO') as string })
  await people.leave(ana)
})

test('what will be needed for pending migrations is missing, what only later ones may need is a warning', async () => {
  const ana = await people.login(connection)
  await sql(
    connection,
    `GRANT USAGE, CREATE ON SCHEMA quintile, public, imported TO ${ana.user}; GRANT ALL ON ALL TABLES IN SCHEMA quintile, public, imported TO ${ana.user}`,
  )
  expect(find((await schemaOf(ana).doctor()).diagnoses, 'create-schemas')).toMatchObject({
    status: 'warning',
    grant: `GRANT CREATE ON DATABASE ${connection.database} TO ${ana.user};`,
  })
  const empty = await createDatabase()
  expect(find((await schemaOf({ ...ana, database: empty.database }).doctor()).diagnoses, 'create-schemas').status).toBe('failed')
  await people.leave(ana)
  await dropDatabase(empty)
})

describe('the way there', () => {
  let server: Server | undefined
  afterEach(() => server?.close())

  const diagnose = async (change: Partial<Connection>): Promise<Diagnosis[]> =>
    (await schemaOf({ ...connection, ...change }).doctor()).diagnoses

  /** A server that answers the question for TLS with one letter, as PostgreSQL without TLS does. */
  const answering = async (letter: string): Promise<number> => {
    server = createServer((socket) => socket.on('error', () => undefined).once('data', () => socket.end(letter)))
    await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    return address !== null && typeof address === 'object' ? address.port : 0
  }

  test.each<[string, Partial<Connection>, string]>([
    ['a host that nobody knows', { host: 'warehouse.invalid' }, 'name'],
    ['a port where nobody listens', { port: 1 }, 'port'],
    ['a server without TLS', { tls: 'require' }, 'tls'],
    ['a wrong password', { password: 'wrong' }, 'login'],
    ['an unknown database', { database: 'no_such "database' }, 'database'],
  ])('%s is the step that fails, and nothing after it is looked at', async (_name, change, check) => {
    const diagnoses = await diagnose(change)
    expect(failures(diagnoses)).toEqual([check])
    expect(diagnoses.at(-1)).toMatchObject({ check: 'rights', status: 'skipped' })
    expect(JSON.stringify(diagnoses)).not.toContain(connection.password)
  })

  test('a database that is missing or closed comes with its SQL', async () => {
    expect(find(await diagnose({ database: 'shop "two"' }), 'database').grant).toBe(
      `CREATE DATABASE "shop ""two""" OWNER "${connection.user}";`,
    )
    const ana = await people.login(connection)
    await sql(connection, `REVOKE CONNECT ON DATABASE ${connection.database} FROM PUBLIC`)
    const refused = find((await schemaOf(ana).doctor()).diagnoses, 'database')
    expect(refused.status).toBe('failed')
    await run(connection, refused.grant!)
    expect(find((await schemaOf(ana).doctor()).diagnoses, 'database').status).toBe('ok')
    await people.leave(ana)
  })

  test('a server that speaks TLS badly is told at that step', async () => {
    const port = await answering('S')
    expect(failures(await diagnose({ port, tls: 'verify' }))).toEqual(['tls'])
  })
})

describe('the tables and the server', () => {
  test('pending and edited migrations and drift are told', async () => {
    const sets = await copies.copy()
    await writeFile(join(sets[1]!.folder, '0099_more.up.sql'), 'SELECT 1;')
    await writeFile(join(sets[1]!.folder, '0003_countries.up.sql'), 'SELECT 1;')
    await sql(connection, 'ALTER TABLE dim_products DROP COLUMN margin')
    const { diagnoses } = await schemaOf(connection, { sets }).doctor()
    expect(find(diagnoses, 'migrations')).toMatchObject({ status: 'failed', message: expect.stringContaining('0099_more') as string })
    expect(find(diagnoses, 'edited-files')).toMatchObject({
      status: 'warning',
      message: expect.stringContaining('0003_countries') as string,
    })
    expect(find(diagnoses, 'drift')).toMatchObject({
      status: 'warning',
      message: expect.stringContaining('public.dim_products.margin') as string,
    })
  })

  test('clocks more than a minute apart are a warning', async () => {
    const { diagnoses } = await schemaOf(connection, { clock: () => Date.now() - 61_000 }).doctor()
    expect(find(diagnoses, 'clock').status).toBe('warning')
  })

  test('a login that may open few connections is warned', async () => {
    const ana = await people.login(connection)
    await sql(connection, `ALTER ROLE ${ana.user} CONNECTION LIMIT 5`)
    expect(find((await schemaOf(ana).doctor()).diagnoses, 'connections').status).toBe('warning')
    await people.leave(ana)
  })

  test('nothing that it tried is left behind', async () => {
    const everything = `SELECT (SELECT count(*) FROM pg_class) AS relations, (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory') AS locks`
    const before = await sql(connection, everything)
    await schemaOf(connection).doctor()
    expect(await sql(connection, everything)).toEqual(before)
  })
})
