/** `quintile warehouse` as its user calls it: migrations forward and back, drift, the doctor, an older app on a newer warehouse. */
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openEmbeddedServer, type EmbeddedServer } from '../../server/workspaces/embedded/index.ts'
import { openCommandHome, type CommandHome, type CommandResult } from '../tools/command.ts'
import { sql } from '../warehouse/people.ts'

/** The pack's migrations, the newest last. */
const NAMES = readdirSync(join(import.meta.dirname, '..', '..', 'resources', 'packs', 'globalmart', 'migrations'))
  .flatMap((file) => (file.endsWith('.up.sql') ? [file.replace('.up.sql', '')] : []))
  .sort()
const HEAD = NAMES.at(-1) ?? ''

let home: CommandHome
let server: EmbeddedServer

const warehouse = (...args: string[]): Promise<CommandResult> => home.run('warehouse', ...args)
/** By hand, behind the product’s back. */
const byHand = (text: string): Promise<unknown> => sql(server.connection('quintile_shop'), text)

beforeAll(async () => {
  home = await openCommandHome()
  // Kept open, so that each command finds the server running.
  server = await openEmbeddedServer({ home: home.folder, durable: false })
  expect((await home.run('workspace', 'create', 'shop', '--pack', 'globalmart')).code).toBe(0)
})
afterAll(async () => {
  await server.close()
  await home.remove()
})

describe('forward and back', () => {
  test('history names who applied what, and marks where one is', async () => {
    const { stdout, code } = await warehouse('history')
    expect(code).toBe(0)
    expect(stdout).toMatch(new RegExp(`globalmart\\s+${HEAD}\\s+applied .*<- you are here`))
    const { json } = await warehouse('history', '--format', 'json')
    expect((json['migrations'] as object[])[0]).toMatchObject({
      set: 'engine',
      migration: '0001_run_book',
      status: 'applied',
      edited: false,
    })
  })

  test('going back asks first; where nobody can answer it is refused, and nothing is lost', async () => {
    const asked = await warehouse('downgrade', '--format', 'json')
    expect(asked).toMatchObject({ code: 1, json: { error: { code: 'warehouse.not-confirmed', hint: 'Add --yes.' } } })
    expect(asked.stderr).toContain(HEAD)
    expect((await warehouse('current', '--format', 'json')).json).toMatchObject({ current: true, read_only: null })
    expect(await warehouse('downgrade', '0001_imported_orders', '--yes', '--format', 'json')).toMatchObject({
      code: 0,
      json: { workspace: 'shop', reverted: { globalmart: NAMES.slice(1).reverse() } },
    })
  })

  test('the SQL alone goes to standard output, and nothing is run', async () => {
    const printed = await warehouse('upgrade', '--sql')
    expect(printed.code).toBe(0)
    expect(printed.stdout).toMatch(/^-- Run with/)
    expect(printed.stdout).toContain('CREATE TABLE fact_sales')
    expect(printed.stderr).toContain('Nothing was changed')
    expect((await warehouse('current', '--format', 'json')).json).toMatchObject({ current: false })
    const down = await warehouse('downgrade', '--sql', '--format', 'json')
    expect(down.json).toMatchObject({
      steps: { globalmart: ['0001_imported_orders'] },
      sql: expect.stringContaining('DROP SCHEMA imported') as string,
    })
  })

  test('one step, then the rest; what cannot be meant is refused', async () => {
    expect((await warehouse('upgrade', '+1', '--format', 'json')).json).toMatchObject({
      applied: { engine: [], globalmart: ['0002_star_schema'] },
    })
    expect((await warehouse('upgrade')).stdout).toContain(HEAD)
    expect((await warehouse('upgrade')).stdout).toContain('nothing to apply')
    expect(await warehouse('upgrade', '-1', '--format', 'json')).toMatchObject({
      code: 1,
      json: { error: { code: 'warehouse.bad-target' } },
    })
    expect((await warehouse('upgrade', '--setting', 'x')).code).toBe(2)
  })

  test('stamp changes the record alone', async () => {
    expect((await warehouse('stamp', '0002_star_schema', '--yes', '--format', 'json')).json).toMatchObject({
      forgotten: { globalmart: expect.arrayContaining(NAMES.slice(2)) as string[] },
    })
    expect((await warehouse('stamp', 'head', '--format', 'json')).code).toBe(1)
    expect((await warehouse('stamp', 'head', '--yes', '--format', 'json')).json).toMatchObject({
      recorded: { globalmart: expect.arrayContaining(NAMES.slice(2)) as string[] },
    })
    expect((await warehouse('stamp', 'head')).stdout).toContain('already')
  })

  test.each(['current', 'history', 'upgrade', 'downgrade', 'stamp', 'check', 'doctor', 'backup', 'restore'])(
    'help of %s shows how it is called',
    async (verb) => {
      const { stdout, code } = await warehouse(verb, '--help')
      expect(code).toBe(0)
      expect(stdout).toMatch(new RegExp(`Examples?:\\n  quintile warehouse ${verb}`))
    },
  )
})

describe('drift and doctor', () => {
  test('a column changed by hand is told with what was expected and found, until it is accepted', async () => {
    expect(await warehouse('check', '--format', 'json')).toMatchObject({ code: 0, json: { ok: true, drift: [] } })
    await byHand('ALTER TABLE public.dim_products ALTER cost TYPE numeric(10,2); CREATE TABLE public.own (id integer)')
    const found = await warehouse('check', '--format', 'json')
    expect(found.code).toBe(1)
    expect(found.json).toMatchObject({
      ok: false,
      drift: [{ object: 'public.dim_products.cost', kind: 'column', expected: 'numeric(14,4)', found: 'numeric(10,2)' }],
      extra: [{ object: 'public.own', kind: 'table' }],
    })
    expect((await warehouse('check')).stdout).toContain('public.dim_products.cost: column: expected numeric(14,4), found numeric(10,2)')
    expect((await warehouse('check', '--accept', '--yes')).code).toBe(0)
    expect((await warehouse('check')).code).toBe(0)
  })

  test('the doctor finds all that is needed, and says which step fails where something is not', async () => {
    const well = await warehouse('doctor', '--format', 'json')
    expect(well).toMatchObject({ code: 0, json: { ok: true } })
    await home.run('workspace', 'create', 'far', '--warehouse', 'postgres://ana@127.0.0.1:1/shop')
    const ill = await home.run('warehouse', 'doctor', '--workspace', 'far')
    expect(ill.code).toBe(1)
    expect(ill.stdout).toMatch(/● name .*\n✗ port .*127\.0\.0\.1 does not answer on port 1/)
  })
})

describe('backup', () => {
  test('is written by a new enough pg_dump, or refused with the words what to install', async () => {
    const file = join(home.folder, 'shop.dump')
    const done = await home.run('warehouse', 'backup', file, '--workspace', 'shop', '--format', 'json')
    expect(existsSync(file)).toBe(done.code === 0)
    if (done.code === 0) expect(done.json).toMatchObject({ file })
    else
      expect(done.json).toMatchObject({
        error: { code: 'warehouse.no-tools', details: { program: 'pg_dump', needed: expect.any(Number) as number } },
      })
  })
})

describe('a warehouse of a newer Quintile', () => {
  test('may be read, and is not written to', async () => {
    await byHand(`INSERT INTO quintile.migrations_engine (name, run_on) VALUES ('9000_future', now());
      INSERT INTO quintile.migration_digests VALUES ('engine', '9000_future', 'x', now(), 'ben', 'other-machine', '0.2.0')`)
    const shop = ['--workspace', 'shop', '--format', 'json']
    const current = await warehouse('current', ...shop)
    expect(current.json).toMatchObject({
      current: false,
      read_only: { reason: expect.stringContaining('was upgraded by Quintile 0.2.0 on machine other-machine') as string },
    })
    for (const refused of [
      ['run', '--jobs', 'all'],
      ['features', 'sync'],
      ['warehouse', 'upgrade'],
      ['warehouse', 'downgrade', '--yes'],
    ]) {
      expect(await home.run(...refused, ...shop), refused.join(' ')).toMatchObject({
        code: 1,
        json: { error: { code: 'warehouse.newer' } },
      })
    }
    for (const allowed of [
      ['runs', 'list'],
      ['report', 'run', 'key_figures'],
      ['warehouse', 'check'],
    ]) {
      expect((await home.run(...allowed, ...shop)).code, allowed.join(' ')).toBe(0)
    }
  })
})
