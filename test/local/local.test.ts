import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { CopyBinaryReader, type Cell } from '../../server/local/copy-binary.ts'
import { openLocal, type LocalRow, type LocalStore, type SnapshotHead } from '../../server/local/index.ts'

let folder: string
let local: LocalStore

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'quintile-local-'))
  local = openLocal({ file: join(folder, 'cache', 'quintile.sqlite'), clock: () => 0 })
})
afterEach(async () => {
  await local.close()
  rmSync(folder, { recursive: true, force: true })
})

const HEAD: SnapshotHead = {
  snapshot_id: '01a1fcd4-0000-71db-8608-6ae9a510640c',
  synced_at: '2026-01-02T00:00:00.000Z',
  as_of: '2026-01-01T00:00:00Z',
  columns: [
    { name: 'customer_id', type: 'text', warehouse_type: 'text' },
    { name: 'revenue', type: 'float8', warehouse_type: 'numeric' },
    { name: 'orders', type: 'int8', warehouse_type: 'bigint' },
    { name: 'active', type: 'bool', warehouse_type: 'boolean' },
  ],
}

type Person = [string, number | null, bigint | null, boolean | null]

function field(bytes: Buffer | null): Buffer {
  const length = Buffer.alloc(4)
  length.writeInt32BE(bytes === null ? -1 : bytes.length)
  return bytes === null ? length : Buffer.concat([length, bytes])
}

/** COPY binary as PostgreSQL writes it. */
function copyBinary(people: readonly Person[], { trailer = true } = {}): Buffer {
  const header = Buffer.concat([Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1'), Buffer.alloc(8)])
  const rows = people.map(([id, revenue, orders, active]) => {
    const number = Buffer.alloc(8)
    if (revenue !== null) number.writeDoubleBE(revenue)
    const integer = Buffer.alloc(8)
    if (orders !== null) integer.writeBigInt64BE(orders)
    return Buffer.concat([
      Buffer.from([0, 4]),
      field(Buffer.from(id)),
      field(revenue === null ? null : number),
      field(orders === null ? null : integer),
      field(active === null ? null : Buffer.from([Number(active)])),
    ])
  })
  return Buffer.concat([header, ...rows, ...(trailer ? [Buffer.from([0xff, 0xff])] : [])])
}

function inChunks(bytes: Buffer, size: number): Readable {
  return Readable.from(
    Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) => bytes.subarray(index * size, (index + 1) * size)),
  )
}

const people = (count: number): Person[] =>
  Array.from({ length: count }, (_, index) => [`c${String(index).padStart(6, '0')}`, index / 4, BigInt(index), index % 2 === 0])

async function readAll(sql: string): Promise<LocalRow[]> {
  const snapshot = local.snapshot()
  if (snapshot === null) throw new Error('there is no snapshot')
  return local.read(snapshot, sql)
}

const snapshotFiles = (): string[] => readdirSync(join(folder, 'cache')).filter((name) => name.startsWith('snapshot-'))

describe('a snapshot', () => {
  test('holds every row and value, however the stream is cut', async () => {
    const written = await local.writeSnapshot(
      HEAD,
      inChunks(
        copyBinary([
          ['near', 1.5, 9007199254740993n, true],
          ['far', null, null, null],
          ['Zoë', -0.25, -3n, false],
        ]),
        7,
      ),
      () => undefined,
    )
    expect(written).toBe(3)
    expect(await readAll('SELECT * FROM customers ORDER BY revenue')).toEqual([
      { customer_id: 'far', revenue: null, orders: null, active: null },
      { customer_id: 'Zoë', revenue: -0.25, orders: -3, active: 0 },
      { customer_id: 'near', revenue: 1.5, orders: 9007199254740992, active: 1 },
    ])
  })

  test('takes the place of the one before, whose rows are gone', async () => {
    await local.writeSnapshot(HEAD, inChunks(copyBinary(people(60)), 1000), () => undefined)
    await local.writeSnapshot(
      { ...HEAD, snapshot_id: '01a1fcd4-0000-71db-8608-6ae9a510640d' },
      inChunks(copyBinary(people(7)), 1000),
      () => undefined,
    )
    expect(local.snapshot()).toMatchObject({ customers: 7, features: 3, as_of: HEAD.as_of })
    expect(await readAll('SELECT count(*) AS n FROM customers')).toEqual([{ n: 7 }])
  })

  test('keeps the one before for those who still read it, and no others', async () => {
    for (let turn = 0; turn < 4; turn += 1) {
      const head = { ...HEAD, snapshot_id: `01a1fcd4-0000-71db-8608-6ae9a51064${String(turn)}0` }
      await local.writeSnapshot(head, inChunks(copyBinary(people(3)), 1000), () => undefined)
    }
    expect(snapshotFiles()).toHaveLength(2)
  })

  test('that another process is writing holds nobody up who writes something small', async () => {
    const other = openLocal({ file: join(folder, 'cache', 'quintile.sqlite'), clock: () => 0 })
    async function* slow(): AsyncGenerator<Buffer> {
      yield copyBinary(people(400), { trailer: false })
      local.keepAnswer('meanwhile', 1)
      await Promise.resolve()
      yield Buffer.from([0xff, 0xff])
    }
    await other.writeSnapshot(HEAD, Readable.from(slow()), () => undefined)
    expect(local.answer('meanwhile')).toBe(1)
    expect(local.snapshot()).toMatchObject({ customers: 400 })
    await other.close()
  })

  test('whose file somebody removed is none', async () => {
    await local.writeSnapshot(HEAD, inChunks(copyBinary(people(3)), 1000), () => undefined)
    for (const name of snapshotFiles()) rmSync(join(folder, 'cache', name))
    expect(local.snapshot()).toBeNull()
  })

  test('that is cut off leaves the old one whole', async () => {
    await local.writeSnapshot(HEAD, inChunks(copyBinary(people(60)), 1000), () => undefined)
    const cut = { ...HEAD, snapshot_id: '01a1fcd4-0000-71db-8608-6ae9a510640d' }
    await expect(
      local.writeSnapshot(cut, inChunks(copyBinary(people(500), { trailer: false }), 1000), () => undefined),
    ).rejects.toMatchObject({ message: expect.stringContaining('ended before its end') as string })
    expect(local.snapshot()).toMatchObject({ snapshot_id: HEAD.snapshot_id, customers: 60 })
  })

  test('whose stream breaks leaves the old one whole', async () => {
    await local.writeSnapshot(HEAD, inChunks(copyBinary(people(60)), 1000), () => undefined)
    async function* broken(): AsyncGenerator<Buffer> {
      yield copyBinary(people(400), { trailer: false })
      await Promise.resolve()
      throw new Error('connection lost')
    }
    await expect(
      local.writeSnapshot({ ...HEAD, snapshot_id: '01a1fcd4-0000-71db-8608-6ae9a510640e' }, Readable.from(broken()), () => undefined),
    ).rejects.toThrow('connection lost')
    expect(local.snapshot()).toMatchObject({ customers: 60 })
  })
})

test('a reader of COPY binary gives the same cells for every way to cut the stream', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.tuple(
          fc.string(),
          fc.option(fc.double({ noNaN: true })),
          fc.option(fc.bigInt({ min: -(2n ** 53n) + 1n, max: 2n ** 53n - 1n })),
          fc.option(fc.boolean()),
        ),
        { maxLength: 8 },
      ),
      fc.integer({ min: 1, max: 40 }),
      (rows, size) => {
        const bytes = copyBinary(rows)
        const read: Cell[][] = []
        const reader = new CopyBinaryReader(['text', 'float8', 'int8', 'bool'], (cells) => read.push(cells))
        for (let at = 0; at < bytes.length; at += size) reader.push(bytes.subarray(at, at + size))
        reader.finish()
        expect(read).toEqual(
          rows.map(([text, number, integer, flag]) => [
            Buffer.from(text).toString(),
            number,
            integer === null ? null : Number(integer),
            flag === null ? null : Number(flag),
          ]),
        )
      },
    ),
    { numRuns: 200, seed: 3 },
  )
})

test('a damaged file is set aside, and the workspace goes on with a new one', async () => {
  const file = join(folder, 'broken', 'quintile.sqlite')
  const first = openLocal({ file, clock: () => 0 })
  await first.close()
  writeFileSync(file, 'this is no database, whatever its name says, and long enough to be looked at')
  const second = openLocal({ file, clock: () => 42 })
  expect(second.setAside).toBe(`${file}.damaged-42`)
  expect(second.snapshot()).toBeNull()
  expect(readdirSync(join(folder, 'broken'))).toContain('quintile.sqlite.damaged-42')
  await second.close()
})
