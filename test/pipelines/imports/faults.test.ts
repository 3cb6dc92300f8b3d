import { describe, expect, test } from 'vitest'
import { HEADER, line, withShop } from './shop.ts'

const shop = withShop()

/** Enough that the rows are still on their way when the blow falls: some 25 MB, of which the first 256 kB call for it. */
const LINES = 300_000
const file = (): Promise<string> =>
  shop.file('large.csv', [HEADER, ...Array.from({ length: LINES }, (_, index) => line({ document: String(index) })), ''].join('\n'))

/** Ends or cancels every connection of this database but the one that asks. */
async function strike(what: 'pg_terminate_backend' | 'pg_cancel_backend'): Promise<void> {
  await shop.warehouse.query(
    `SELECT ${what}(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND query LIKE 'COPY%'`,
  )
}

describe('in the middle of the rows', () => {
  test.each([
    [
      'a connection that is cut',
      'pg_terminate_backend' as const,
      { kind: 'retry', code: expect.stringMatching(/^warehouse\.(shut-down|connection-lost)$/) as string },
    ],
    ['a statement that somebody cancels', 'pg_cancel_backend' as const, { code: 'warehouse.cancelled' }],
  ])('%s leaves the warehouse as it was and can be repeated', async (_, how, expected) => {
    const path = await file()
    let struck: Promise<void> | null = null
    // The next piece of the file is not read before the blow has fallen: `onProgress` cannot wait, so `commit` does.
    const failure = await shop.failure(
      path,
      {},
      {
        onProgress: () => {
          struck ??= strike(how)
        },
        commit: async (session) => {
          await struck
          await session.query('SELECT 1')
        },
      },
    )
    expect(failure).toMatchObject(expected)
    expect(await shop.count()).toBe(0)
    expect(await shop.rows('SELECT * FROM quintile.imported_files')).toEqual([])
    expect(await shop.run(path)).toMatchObject({ loaded: LINES })
  })
})

describe('cancelling', () => {
  test('stops in the middle of the rows', async () => {
    const path = await file()
    const stop = new AbortController()
    const failure = await shop.failure(path, {}, { signal: stop.signal, onProgress: () => stop.abort() })
    expect(failure).toMatchObject({ kind: 'stop', code: 'import.cancelled' })
    expect(await shop.count()).toBe(0)
  })

  test('stops a statement that takes long', async () => {
    const path = await file()
    const stop = new AbortController()
    const failure = await shop.failure(
      path,
      {},
      {
        signal: stop.signal,
        commit: async (session) => {
          queueMicrotask(() => stop.abort())
          await session.query('SELECT pg_sleep(60)')
        },
      },
    )
    expect(failure.code).toBe('import.cancelled')
    expect(await shop.count()).toBe(0)
  })

  test('before it begins opens nothing', async () => {
    expect(await shop.failure('/nowhere', {}, { signal: AbortSignal.abort() })).toMatchObject({ code: 'import.cancelled' })
  })
})

test('an error of the server in the middle of the rows is told as it is', async () => {
  const path = await file()
  await shop.warehouse.query(`ALTER TABLE imported.order_lines ADD CONSTRAINT small CHECK (line_id < 100)`)
  try {
    expect(await shop.failure(path)).toMatchObject({ code: 'warehouse.constraint', message: expect.stringContaining('small') as unknown })
  } finally {
    await shop.warehouse.query('ALTER TABLE imported.order_lines DROP CONSTRAINT small')
  }
  expect(await shop.count()).toBe(0)
  expect(await shop.run(path)).toMatchObject({ loaded: LINES })
})

test('a database that is away is told with its kind, before anything is read', async () => {
  const { openWarehouse } = await import('../../../server/warehouse/index.ts')
  const { importFile } = await import('../../../server/pipelines/imports/index.ts')
  const away = openWarehouse({ label: 'away', locate: async () => ({ ...shop.connection, port: 1 }) })
  const request = await shop.request(await file())
  await expect(importFile({ warehouse: away, clock: () => 0 }, request)).rejects.toMatchObject({
    code: 'warehouse.unreachable',
    kind: 'retry',
  })
  await away.close()
})
