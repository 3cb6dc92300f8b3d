/** Backup and restore with PostgreSQL’s own programs; a stand-in for them shows what they are given. */
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { holdLeases, type Connection, type Schema } from '../../server/warehouse/index.ts'
import { withDatabase } from '../tools/with-warehouse.ts'
import { INSTALLED, startOwnServer, type OwnServer } from './own-server.ts'
import { sql } from './people.ts'
import { ACTOR, schemaOf, SHIPPED } from './sets.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'quintile-backup-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const QUIET = { say: () => undefined }
const left = (): string[] => readdirSync(folder).filter((name) => name.includes('unfinished'))

describe('the programs', () => {
  const database = withDatabase()
  let programs: string
  let log: string

  beforeEach(() => {
    programs = mkdtempSync(join(folder, 'programs-'))
    log = join(programs, 'log')
  })

  /** A program that writes down how it was called, and does what `body` says. */
  const standIn = (name: string, version: string, body = ''): void => {
    const text = `#!/bin/sh
if [ "$1" = --version ]; then echo "${name} (PostgreSQL) ${version}"; exit 0; fi
echo "${name} $@" >> "${log}"
env | grep '^PG' | sed 's/^/  /' >> "${log}"
${body}
`
    writeFileSync(join(programs, name), text)
    chmodSync(join(programs, name), 0o755)
  }
  const WRITES = `for a in "$@"; do case "$a" in --file=*) echo dump > "\${a#--file=}";; esac; done`
  const major = async (): Promise<string> =>
    (await sql<{ major: string }>(database.connection, `SELECT (current_setting('server_version_num')::int / 10000)::text AS major`))[0]!
      .major

  test.skipIf(process.platform === 'win32')(
    'get the password by their environment alone, and no other PG setting of the caller',
    async () => {
      standIn('pg_dump', `${await major()}.1`, WRITES)
      standIn('pg_restore', `${await major()}.1`)
      process.env['PGOPTIONS'] = '-c role=somebody'
      const file = join(folder, 'given.dump')
      const done = await schemaOf(database.connection, { path: programs }).backUp(file, { ...QUIET, force: false })
      delete process.env['PGOPTIONS']
      const calls = readFileSync(log, 'utf8')
      const { password = '', host, port, user } = database.connection
      expect(calls.split('\n').filter((line) => line.includes(password))).toEqual([`  PGPASSWORD=${password}`])
      expect(calls).toContain(`--host=${host} --port=${String(port)} --username=${user}`)
      expect(calls).not.toContain('PGOPTIONS')
      expect(done).toMatchObject({ file, bytes: 5, program: join(programs, 'pg_dump'), version: `${await major()}.1` })
      expect(statSync(file).mode & 0o777).toBe(0o600)
    },
  )

  test.skipIf(process.platform === 'win32')('that fail leave no file, nor touch the one that was there', async () => {
    standIn('pg_dump', `${await major()}.1`, `${WRITES}\necho 'out of paper' >&2; exit 1`)
    standIn('pg_restore', `${await major()}.1`)
    const file = join(folder, 'kept.dump')
    writeFileSync(file, 'the old one')
    const schema = schemaOf(database.connection, { path: programs })
    await expect(schema.backUp(file, { ...QUIET, force: true })).rejects.toMatchObject({
      code: 'warehouse.tool-failed',
      message: expect.stringContaining('out of paper') as string,
    })
    expect(readFileSync(file, 'utf8')).toBe('the old one')
    expect(left()).toEqual([])
  })

  test.skipIf(process.platform === 'win32')('that are stopped leave no file', async () => {
    standIn('pg_dump', `${await major()}.1`, `${WRITES}\necho 'dumping contents of table "public.t"' >&2; exec sleep 60`)
    standIn('pg_restore', `${await major()}.1`)
    const stop = new AbortController()
    const file = join(folder, 'stopped.dump')
    const say = (text: string): void => void (text.includes('public.t') && stop.abort())
    const backup = schemaOf(database.connection, { path: programs }).backUp(file, { say, signal: stop.signal, force: false })
    await expect(backup).rejects.toMatchObject({ code: 'warehouse.tool-stopped' })
    expect(existsSync(file)).toBe(false)
    expect(left()).toEqual([])
  })

  test.skipIf(process.platform === 'win32')(
    'that are older than the server are named, with their versions and how to get newer ones',
    async () => {
      standIn('pg_dump', '9.6.24')
      const file = join(folder, 'never.dump')
      await expect(schemaOf(database.connection, { path: programs }).backUp(file, { ...QUIET, force: false })).rejects.toMatchObject({
        code: 'warehouse.no-tools',
        message: expect.stringContaining(`${join(programs, 'pg_dump')} is version 9.6`) as string,
        hint: expect.stringContaining(await major()) as string,
      })
      expect(existsSync(file)).toBe(false)
    },
  )

  test('an existing file is not overwritten unless that is wanted', async () => {
    const file = join(folder, 'there.dump')
    writeFileSync(file, 'precious')
    await expect(schemaOf(database.connection, { path: programs }).backUp(file, { ...QUIET, force: false })).rejects.toMatchObject({
      code: 'warehouse.file-exists',
    })
    expect(readFileSync(file, 'utf8')).toBe('precious')
  })
})

describe.skipIf(INSTALLED === null)('with the programs of an installed PostgreSQL', () => {
  let server: OwnServer
  let first: Connection
  let schema: Schema
  let file: string

  const newDatabase = async (name: string): Promise<Connection> => {
    await sql(server.connection, `CREATE DATABASE ${name}`)
    return { ...server.connection, database: name }
  }
  const careOf = (connection: Connection): Schema => schemaOf(connection, { path: INSTALLED ?? '' })
  const contents = async (connection: Connection): Promise<unknown[]> => [
    await sql(connection, 'SELECT * FROM dim_geography ORDER BY 1'),
    await sql(connection, 'SELECT count(*) FROM country_reference'),
    await sql(connection, 'SELECT name FROM quintile.migrations_engine ORDER BY id'),
  ]

  beforeAll(async () => {
    server = await startOwnServer(INSTALLED ?? '')
    first = await newDatabase('first')
    schema = careOf(first)
    await schema.move({ verb: 'upgrade' })
    await sql(first, `INSERT INTO dim_geography (country) VALUES ('UK'), ('Åland “x”')`)
    file = join(folder, 'whole.dump')
    const tables: string[] = []
    const done = await schema.backUp(file, { say: (text) => tables.push(text.trim()), force: false })
    expect(done.tables).toBeGreaterThan(20)
    expect(tables).toContain('public.dim_geography')
  })
  afterAll(async () => {
    await server.close()
  })

  test('a backup comes back whole in an empty database, with its schema as the migrations made it', async () => {
    const second = await newDatabase('second')
    expect(await careOf(second).restore(file, { ...QUIET, clean: false })).toMatchObject({ file })
    expect(await contents(second)).toEqual(await contents(first))
    expect(await careOf(second).check()).toMatchObject({ ok: true, drift: [], extra: [] })
    await sql(second, `INSERT INTO dim_geography (country) VALUES ('next')`)
    await careOf(second).move({ verb: 'downgrade', target: 'base' })
  })

  test('a database that is not empty is left alone, or replaced when that is wanted', async () => {
    const third = await newDatabase('third')
    await careOf(third).move({ verb: 'upgrade' })
    await sql(third, `INSERT INTO dim_geography (country) VALUES ('gone')`)
    await expect(careOf(third).restore(file, { ...QUIET, clean: false })).rejects.toMatchObject({ code: 'warehouse.not-empty' })
    await careOf(third).restore(file, { ...QUIET, clean: true })
    expect(await contents(third)).toEqual(await contents(first))
  })

  test('nothing is replaced while a run is under way', async () => {
    const busy = await newDatabase('busy')
    await careOf(busy).move({ verb: 'upgrade' })
    const lease = await holdLeases(busy, ['fact_sales'], { ...ACTOR, run_id: crypto.randomUUID() })
    await expect(careOf(busy).restore(file, { ...QUIET, clean: true })).rejects.toMatchObject({ code: 'warehouse.busy' })
    await lease.release()
  })

  test('a backup from before a migration is refused as long as its tables stand', async () => {
    const newer = await newDatabase('newer')
    await careOf(newer).move({ verb: 'upgrade', target: '0002_star_schema' })
    await careOf(newer).move({ verb: 'upgrade', set: 'engine' })
    const older = join(folder, 'older.dump')
    await careOf(newer).backUp(older, { ...QUIET, force: false })
    await careOf(newer).move({ verb: 'upgrade' })
    await expect(careOf(newer).restore(older, { ...QUIET, clean: true })).rejects.toMatchObject({
      code: 'warehouse.backup-older',
      details: { migrations: expect.arrayContaining(['0003_countries']) as string[] },
    })
    await careOf(newer).move({ verb: 'downgrade', target: '0002_star_schema' })
    await careOf(newer).restore(older, { ...QUIET, clean: true })
    expect((await careOf(newer).states()).map((state) => state.pending)).toEqual([[], expect.arrayContaining(['0003_countries'])])
    expect(SHIPPED).toHaveLength(2)
  })

  test('a file that is no backup is refused before anything is touched', async () => {
    const text = join(folder, 'text.dump')
    writeFileSync(text, 'SELECT 1;')
    await expect(schema.restore(text, { ...QUIET, clean: true })).rejects.toMatchObject({ code: 'warehouse.not-a-backup' })
    await expect(schema.restore(join(folder, 'nowhere.dump'), { ...QUIET, clean: true })).rejects.toMatchObject({
      code: 'warehouse.no-backup',
    })
  })

  test('a restore that fails leaves everything as it was', async () => {
    const keeps = await newDatabase('keeps')
    await careOf(keeps).move({ verb: 'upgrade' })
    // A view of the user’s own stands on a table that the restore would drop.
    await sql(keeps, `INSERT INTO dim_geography (country) VALUES ('stays'); CREATE VIEW own AS SELECT * FROM dim_geography`)
    await expect(careOf(keeps).restore(file, { ...QUIET, clean: true })).rejects.toMatchObject({
      code: 'warehouse.tool-failed',
      message: expect.stringContaining('own') as string,
    })
    expect(await sql(keeps, 'SELECT country FROM own')).toEqual([{ country: 'stays' }])
  })
})
