/** `quintile sources`: what it lists, warns of, drops and tries, against a real slot. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Command } from 'commander'
import type pg from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { createWorkspace } from '../../server/assemble.ts'
import { addSourcesCommands, type SourcesRoom } from '../../server/cli/commands/sources.ts'
import { checkPostgresSource } from '../../server/sources/index.ts'
import { withDatabase } from '../tools/with-warehouse.ts'
import { openWriter } from './postgres-tables.ts'
import { dropSlots, openReplica, type Replica } from './replication/replica.ts'

const database = withDatabase()
let home: string
let writer: pg.Client
let replica: Replica
let output: string

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'quintile-test-home-'))
  await createWorkspace(home, {
    name: 'shop',
    pack: 'globalmart',
    warehouse: { engine: 'postgres', host: '127.0.0.1', port: 1, user: 'nobody', database: 'x', tls: 'off' },
  })
  writer = await openWriter(database.connection)
  await writer.query(`CREATE TABLE orders (id int PRIMARY KEY); CREATE PUBLICATION changes FOR TABLE orders`)
  vi.stubEnv('QUINTILE_HOME', home)
  vi.stubEnv('QUINTILE_WORKSPACE', 'shop')
})
beforeEach(() => {
  replica = openReplica(database.connection, { tables: ['public.orders'], max_retained: '1 MB' })
  output = ''
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    output += String(text)
    return true
  })
})
afterEach(async () => {
  vi.restoreAllMocks()
  process.exitCode = 0
  await replica.close()
  await dropSlots(writer)
})
afterAll(async () => {
  vi.unstubAllEnvs()
  for (const signal of ['SIGINT', 'SIGTERM']) process.removeAllListeners(signal)
  await writer.end()
  await rm(home, { recursive: true, force: true })
})

/** Runs the command as the program does; answers with what it said. */
async function quintile(...args: string[]): Promise<string> {
  const room: SourcesRoom = {
    list: () =>
      Promise.resolve([
        { source: 'shop_orders', kind: 'imported', where: null, jobs: [] },
        { source: 'shop_changes', kind: 'replication', where: 'db.example.org:5432/shop', jobs: ['dim_customers', 'fct_orders'] },
      ]),
    // Without the slots of tests that run at the same time.
    slots: async () => ({ ...(await replica.feed.slots()), slots: [(await replica.slot()) ?? []].flat() }),
    dropSlot: () => replica.feed.dropSlot(),
    check: (source) => (source === 'shop_changes' ? replica.feed.check() : checkPostgresSource(database.connection)),
  }
  const program = new Command().exitOverride().option('--format <format>')
  addSourcesCommands(program, () => room)
  for (const command of program.commands[0]!.commands) command.exitOverride().option('--format <format>')
  await program.parseAsync(['node', 'quintile', 'sources', ...args])
  return output
}

const answer = () => JSON.parse(output.trim().split('\n').at(-1)!) as Record<string, unknown>

describe('quintile sources', () => {
  test('lists each source with where it is and the jobs that read it', async () => {
    expect((await quintile('list')).split('\n').map((line) => line.replaceAll(/ {2,}/g, ' | '))).toEqual([
      'Source | Kind | Where | Jobs',
      expect.stringContaining('──') as string,
      'shop_orders | imported | the warehouse | none',
      'shop_changes | replication | db.example.org:5432/shop | dim_customers, fct_orders',
      '',
    ])
  })

  test('shows the slots with what they hold back, in words and numbers, and says nothing where all is well', async () => {
    await replica.read('public.orders')
    const words = await quintile('slots')
    expect(words).toMatch(/^shop_changes: a slot may hold back 4 GB of the server’s log/)
    expect(words).toMatch(/ours +idle since \d{4}-\d\d-\d\d \d\d:\d\d +\d+(\.\d)? k?B +\S+ \wB +reserved/)
    expect(words).not.toContain('!')
    await quintile('slots', 'shop_changes', '--format', 'json')
    expect(answer()).toMatchObject({ sources: [{ source: 'shop_changes', limit: 4 * 2 ** 30, max_retained: 2 ** 20, advice: [] }] })
  })

  test('warns of a slot that holds back more than the settings allow, with the two ways out', async () => {
    await replica.read('public.orders')
    await writer.query(`INSERT INTO orders SELECT generate_series(1, 30000)`)
    expect(await quintile('slots', 'shop_changes')).toMatch(
      /! test_\w+ holds back \d+(\.\d)? MB, more than 1 MB. Let it go: quintile run --jobs dim_customers fct_orders; or, .*: quintile sources drop-slot shop_changes\n/,
    )
  })

  test('drops the slot only when that is confirmed, and says what it costs', async () => {
    await replica.read('public.orders')
    await expect(quintile('drop-slot', 'shop_changes')).rejects.toMatchObject({
      ...{ code: 'source.not-confirmed', hint: 'Confirm it with --yes.' },
      message: expect.stringContaining('the next run of dim_customers, fct_orders must read everything again') as string,
    })
    expect(await replica.slot()).toBeDefined()
    expect(await quintile('drop-slot', 'shop_changes', '--yes')).toContain('Dropped the slot test_')
    expect(await replica.slot()).toBeUndefined()
    await expect(quintile('drop-slot', 'shop_changes', '--yes')).rejects.toMatchObject({ code: 'source.no-slot' })
  })

  test('tries a source step by step and ends with 1 where a step fails', async () => {
    expect(await quintile('test', 'shop_changes')).toMatch(
      /✓ connect: .*\n✓ replication: .*\n✓ table public.orders: 1 columns, key id\n✓ slot test_\w+: it is made by the first run\nThe source shop_changes can be read.\n/,
    )
    expect(process.exitCode).toBe(0)
    await writer.query('ALTER PUBLICATION changes DROP TABLE orders')
    await quintile('test', 'shop_changes', '--format', 'json')
    await writer.query('ALTER PUBLICATION changes ADD TABLE orders')
    expect(answer()).toMatchObject({
      ok: false,
      checks: [{ ok: true }, { ok: true }, { ok: false, hint: expect.stringContaining('ALTER PUBLICATION') as string }, { ok: true }],
    })
    expect(process.exitCode).toBe(1)
  })

  test('tries a database that is asked by SQL too', async () => {
    expect(await quintile('test', 'shop')).toMatch(
      /✓ connect: .* as \w+, PostgreSQL 18.*\n✓ snapshot: all tables of a run are read as they are at one moment/,
    )
  })
})
