/** Forward, back and to a place; what is recorded; what is refused. */
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Connection, MigrationSet, Schema } from '../../server/warehouse/index.ts'
import { createDatabase, dropDatabase } from '../tools/with-warehouse.ts'
import { run, sql } from './people.ts'
import { ACTOR, schemaOf, withCopiedSets } from './sets.ts'

const copies = withCopiedSets()
let connection: Connection
let sets: MigrationSet[]
let schema: Schema

beforeEach(async () => {
  connection = await createDatabase()
  // Three files of the pack are enough to go forward and back in, whatever it ships besides.
  sets = await copies.copy('0003')
  schema = schemaOf(connection, { sets })
})
afterEach(() => dropDatabase(connection))

const pack = (): string => sets[1]!.folder
const write = (name: string, up: string, down = 'SELECT 1;'): Promise<void[]> =>
  Promise.all([writeFile(join(pack(), `${name}.up.sql`), up), writeFile(join(pack(), `${name}.down.sql`), down)])
const appliedIn = async (set: string): Promise<string[]> => (await schema.states()).find((state) => state.set === set)!.applied

describe('targets', () => {
  test('+1 takes the next file over all sets, a name goes up to it, head takes the rest', async () => {
    expect((await schema.move({ verb: 'upgrade', target: '+1' })).map((step) => step.migration)).toEqual(['0001_run_book'])
    const engine = (await schema.states())[0]!
    await schema.move({ verb: 'upgrade', target: `+${String(engine.pending.length + 1)}` })
    expect(await appliedIn('globalmart')).toEqual(['0001_imported_orders'])
    await schema.move({ verb: 'upgrade', target: '0002_st' })
    expect(await appliedIn('globalmart')).toEqual(['0001_imported_orders', '0002_star_schema'])
    expect((await schema.move({ verb: 'upgrade' })).map((step) => step.migration)).toEqual(['0003_countries'])
    expect(await schema.move({ verb: 'upgrade' })).toEqual([])
  })

  test('down goes one of the pack by default, to a name that stays, and to base', async () => {
    await schema.move({ verb: 'upgrade' })
    expect((await schema.move({ verb: 'downgrade' })).map((step) => step.migration)).toEqual(['0003_countries'])
    await schema.move({ verb: 'downgrade', target: '1' })
    expect(await appliedIn('globalmart')).toEqual(['0001_imported_orders'])
    const { reaches } = await schema.plan({ verb: 'downgrade' })
    expect(reaches['globalmart']).toBe('base')
    await schema.move({ verb: 'downgrade', target: 'base' })
    expect(await appliedIn('globalmart')).toEqual([])
    expect((await appliedIn('engine')).length).toBeGreaterThan(3)
  })

  test.each([
    [{ verb: 'upgrade', target: '-1' }, 'warehouse.bad-target'],
    [{ verb: 'downgrade', target: '+1' }, 'warehouse.bad-target'],
    [{ verb: 'downgrade', target: '0003' }, 'warehouse.bad-target'],
    [{ verb: 'upgrade', target: '0001' }, 'warehouse.unknown-migration'],
    [{ verb: 'upgrade', target: 'star' }, 'warehouse.unknown-migration'],
    [{ verb: 'upgrade', set: 'globalmrt' }, 'warehouse.unknown-set'],
  ] as const)('a target that cannot be meant is refused before anything runs: %o', async (request, code) => {
    await expect(schema.move(request)).rejects.toMatchObject({ code, kind: 'mistake' })
    expect(await sql(connection, `SELECT to_regnamespace('quintile') AS found`)).toEqual([{ found: null }])
  })

  test('a migration without a way back stays, and says so', async () => {
    await write('0004_more', 'CREATE TABLE more (id integer);')
    await rm(join(pack(), '0004_more.down.sql'))
    await schema.move({ verb: 'upgrade' })
    await expect(schema.move({ verb: 'downgrade' })).rejects.toMatchObject({ code: 'warehouse.no-way-back' })
  })
})

describe('what is recorded', () => {
  test('history tells when, who, where and which version, and where one is', async () => {
    await schema.move({ verb: 'upgrade', set: 'engine' })
    await schema.move({ verb: 'upgrade', target: '0002_star_schema' })
    const history = await schema.history()
    expect(history.find((entry) => entry.migration === '0002_star_schema')).toMatchObject({
      ...{ status: 'applied', current: true, edited: false, unknown: false },
      ...{
        applied_by: 'ana',
        machine: 'test-machine',
        code_version: '0.1.0',
        applied_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT/) as string,
      },
    })
    expect(history.at(-1)).toMatchObject({ migration: '0003_countries', status: 'pending', current: false, applied_at: null })
  })

  test('a warehouse from before digests and catalogue gets both at its next upgrade', async () => {
    const [engine, globalmart] = sets as [MigrationSet, MigrationSet]
    for (const { set, names } of [
      { set: engine, names: ['0001_run_book'] },
      { set: globalmart, names: ['0001_imported_orders', '0002_star_schema'] },
    ]) {
      const table = `quintile.migrations_${set.name}`
      await sql(
        connection,
        `CREATE SCHEMA IF NOT EXISTS quintile; CREATE TABLE ${table} (id serial PRIMARY KEY, name varchar(255) NOT NULL, run_on timestamp NOT NULL)`,
      )
      for (const name of names) {
        // As then: the tests’ login is called quintile, like the embedded server’s, and its tables landed in the schema of that name.
        await run(connection, await readFile(join(set.folder, `${name}.up.sql`), 'utf8'))
        await sql(connection, `INSERT INTO ${table} (name, run_on) VALUES ($1, '2026-01-02T03:04:05')`, [name])
      }
    }
    await schema.move({ verb: 'upgrade' })
    const star = (await schema.history()).find((entry) => entry.migration === '0002_star_schema')
    expect(await sql(connection, `SELECT to_regclass('public.fact_sales') IS NOT NULL AS moved`)).toEqual([{ moved: true }])
    expect(star).toMatchObject({ applied_at: '2026-01-02T03:04:05.000Z', applied_by: null, machine: null })
    expect(await schema.check()).toMatchObject({ ok: true, drift: [], extra: [] })
    await sql(connection, 'ALTER TABLE dim_products ALTER COLUMN cost TYPE numeric(10,2)')
    expect((await schema.check()).drift.map((one) => one.object)).toEqual(['public.dim_products.cost'])
    await writeFile(join(pack(), '0002_star_schema.up.sql'), 'SELECT 1;')
    expect((await schema.states())[1]).toMatchObject({ edited: ['0002_star_schema'] })
  })
})

describe('the SQL alone', () => {
  test('planning writes nothing, not even a schema', async () => {
    const before = await sql(connection, 'SELECT count(*) FROM pg_class')
    const { steps } = await schema.plan({ verb: 'upgrade' })
    expect(schema.script(steps)).toContain('CREATE TABLE quintile.runs')
    expect(await sql(connection, 'SELECT count(*) FROM pg_class')).toEqual(before)
    expect(await sql(connection, `SELECT to_regnamespace('quintile') AS found`)).toEqual([{ found: null }])
  })

  test('an administrator who runs the script leaves what an upgrade leaves, and so does the way back', async () => {
    await run(connection, schema.script((await schema.plan({ verb: 'upgrade' })).steps))
    expect((await schema.states()).flatMap((state) => state.pending)).toEqual([])
    expect(await schema.check()).toEqual({ ok: true, drift: [], extra: [], compared: expect.any(Number) as number })
    await run(connection, schema.script((await schema.plan({ verb: 'downgrade', target: 'base' })).steps))
    expect(await appliedIn('globalmart')).toEqual([])
    expect(await sql(connection, `SELECT to_regclass('fact_sales') AS found`)).toEqual([{ found: null }])
  })
})

describe('what goes wrong', () => {
  test('a file that fails leaves no trace, names its line, and those before it stay', async () => {
    await write('0004_good', 'CREATE TABLE good (id integer);')
    await write('0005_bad', 'CREATE TABLE half (id integer);\n-- ünïcode 🙂\nINSERT INTO half\n  VALUES (wrong);')
    await expect(schema.move({ verb: 'upgrade' })).rejects.toMatchObject({
      code: 'warehouse.migration-failed',
      message: expect.stringContaining('0005_bad of “globalmart” did not run (line 4 of its file)') as string,
      details: { line: 4, sqlstate: '42703' },
    })
    expect((await schema.states())[1]).toMatchObject({ pending: ['0005_bad'] })
    expect(await sql(connection, `SELECT to_regclass('half') AS half, to_regclass('good') IS NOT NULL AS good`)).toEqual([
      { half: null, good: true },
    ])
    expect((await schema.check()).drift).toEqual([])
  })

  test('an edited file is told and keeps the warehouse from moving until its text is accepted', async () => {
    await schema.move({ verb: 'upgrade' })
    await writeFile(join(pack(), '0003_countries.up.sql'), '-- nothing\n')
    await write('0004_more', 'CREATE TABLE more (id integer);')
    expect((await schema.history()).filter((entry) => entry.edited).map((entry) => entry.migration)).toEqual(['0003_countries'])
    await expect(schema.move({ verb: 'upgrade' })).rejects.toMatchObject({ code: 'warehouse.migration-edited' })
    await schema.move({ verb: 'upgrade', acceptEdited: true })
    expect((await schema.states())[1]).toMatchObject({ edited: [], pending: [] })
  })

  test('line ends of another system are no edit', async () => {
    await schema.move({ verb: 'upgrade' })
    const file = join(pack(), '0003_countries.up.sql')
    await writeFile(file, (await readFile(file, 'utf8')).replaceAll('\n', '\r\n'))
    expect((await schema.states())[1]).toMatchObject({ edited: [] })
  })

  test('a file that comes late, between applied ones, is refused', async () => {
    await schema.move({ verb: 'upgrade' })
    await write('0002_late', 'SELECT 1;')
    await expect(schema.move({ verb: 'upgrade' })).rejects.toMatchObject({ code: 'warehouse.out-of-order' })
  })

  test('an older app on a newer warehouse may only read, and says who upgraded it', async () => {
    await write('0004_more', 'CREATE TABLE more (id integer);')
    const newer = schemaOf(connection, { sets, actor: { ...ACTOR, machine: 'other-machine', codeVersion: '0.2.0' } })
    await newer.move({ verb: 'upgrade' })
    await rm(join(pack(), '0004_more.up.sql'))
    expect((await schema.states())[1]).toMatchObject({ unknown: ['0004_more'], pending: [], newer_by: { code_version: '0.2.0' } })
    expect(await schema.readOnlyReason()).toBe(
      'The warehouse was upgraded by Quintile 0.2.0 on machine other-machine; this Quintile 0.1.0 may only read it, because it does not know 0004_more of “globalmart”',
    )
    for (const verb of ['upgrade', 'downgrade'] as const)
      await expect(schema.move({ verb })).rejects.toMatchObject({ code: 'warehouse.newer' })
    expect((await schema.history()).at(-1)).toMatchObject({ migration: '0004_more', unknown: true, current: true })
  })
})

describe('adopting tables that are there', () => {
  test('stamp records without running, and what stands there is what check expects from then on', async () => {
    await schema.move({ verb: 'upgrade', set: 'engine' })
    for (const name of ['0001_imported_orders', '0002_star_schema'])
      await sql(connection, await readFile(join(pack(), `${name}.up.sql`), 'utf8'))
    await sql(connection, 'CREATE TABLE own (id integer)')
    await schema.move({ verb: 'stamp', target: '0002_star_schema' })
    expect((await schema.states())[1]).toMatchObject({ applied: ['0001_imported_orders', '0002_star_schema'], pending: ['0003_countries'] })
    expect(await schema.check()).toMatchObject({ ok: true, extra: [{ object: 'public.own', kind: 'table' }] })
    await sql(connection, 'ALTER TABLE fact_sales DROP COLUMN discount_amount')
    expect((await schema.check()).drift).toMatchObject([{ object: 'public.fact_sales.discount_amount', found: null }])
  })

  test('stamp at an earlier place forgets what is beyond it, and touches no table', async () => {
    await schema.move({ verb: 'upgrade' })
    await schema.move({ verb: 'stamp', target: '0001_imported_orders' })
    expect(await appliedIn('globalmart')).toEqual(['0001_imported_orders'])
    expect(await sql(connection, `SELECT to_regclass('fact_sales') IS NOT NULL AS there`)).toEqual([{ there: true }])
  })
})
