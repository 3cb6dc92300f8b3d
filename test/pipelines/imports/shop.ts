/** A warehouse with the pack's table of imported order lines, and short ways to write a file and import it. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach } from 'vitest'
import { toFailure, type Failure } from '../../../shared/failure.ts'
import {
  importFile,
  parseImportDeclaration,
  type ImportHooks,
  type ImportRequest,
  type ImportResult,
} from '../../../server/pipelines/imports/index.ts'
import { openWarehouse, upgrade, type Connection, type Warehouse } from '../../../server/warehouse/index.ts'
import { withDatabase } from '../../tools/with-warehouse.ts'

const RESOURCES = join(import.meta.dirname, '..', '..', '..', 'resources')
const ORDERS = join(RESOURCES, 'packs', 'globalmart', 'imports', 'orders.yaml')

/** The time of every import in these tests. */
export const NOW = Date.UTC(2026, 10, 21, 9, 30)

export const HEADER = 'Document,Product,Description,Quantity,Price,Date,Customer,Country'

async function build(connection: Connection): Promise<void> {
  await upgrade(connection, { name: 'engine', folder: join(RESOURCES, 'warehouse') })
  await upgrade(connection, { name: 'globalmart', folder: join(RESOURCES, 'packs', 'globalmart', 'migrations') })
}

export type Options = Partial<Omit<ImportRequest, 'file' | 'runId'>>

export interface Shop {
  readonly warehouse: Warehouse
  readonly connection: Connection
  /** Writes a file of the test's own folder. */
  file(name: string, contents: string | Buffer): Promise<string>
  request(file: string, options?: Options): Promise<ImportRequest>
  run(file: string, options?: Options, hooks?: ImportHooks): Promise<ImportResult>
  /** Writes and imports lines under the usual header. */
  lines(lines: readonly string[], options?: Options): Promise<ImportResult>
  /** The failure of an import that must fail. */
  failure(file: string, options?: Options, hooks?: ImportHooks): Promise<Failure>
  rows<R = Record<string, unknown>>(sql: string): Promise<R[]>
  count(): Promise<number>
}

/** Call at the top of a test file. The target is empty before each test. */
export function withShop(): Shop {
  const database = withDatabase({ name: 'imported_orders', build })
  let warehouse: Warehouse
  let folder: string
  let number = 0
  beforeAll(async () => {
    const { connection } = database
    warehouse = openWarehouse({ label: 'test', locate: async () => connection })
    folder = await mkdtemp(join(tmpdir(), 'quintile-import-test-'))
  })
  afterAll(async () => {
    await warehouse.close()
    await rm(folder, { recursive: true, force: true })
  })
  beforeEach(async () => {
    await warehouse.query('TRUNCATE imported.order_lines, quintile.imported_files, quintile.targets, quintile.rejects')
  })
  const rows = async <R>(sql: string): Promise<R[]> => (await warehouse.query<R>(sql)).rows
  const shop: Shop = {
    get warehouse() {
      return warehouse
    },
    get connection() {
      return database.connection
    },
    file: async (name, contents) => {
      const path = join(folder, name)
      await writeFile(path, contents)
      return path
    },
    request: async (file, options = {}) => ({
      runId: await startRun(warehouse),
      name: 'orders',
      declaration: parseImportDeclaration(await readFile(ORDERS, 'utf8'), 'imports/orders.yaml'),
      file,
      ...options,
    }),
    run: async (file, options, hooks) => await importFile({ warehouse, clock: () => NOW }, await shop.request(file, options), hooks),
    lines: async (lines, options) => {
      number += 1
      return await shop.run(await shop.file(`lines-${String(number)}.csv`, [HEADER, ...lines, ''].join('\n')), options)
    },
    failure: async (file, options, hooks) => {
      try {
        await shop.run(file, options, hooks)
      } catch (thrown) {
        return toFailure(thrown)
      }
      throw new Error(`${file} was imported and should have been refused`)
    },
    rows,
    count: async () => Number((await rows<{ n: string }>('SELECT count(*) AS n FROM imported.order_lines'))[0]?.n),
  }
  return shop
}

async function startRun(warehouse: Warehouse): Promise<string> {
  const runId = crypto.randomUUID()
  await warehouse.query(
    `INSERT INTO quintile.runs (run_id, kind, status, request, started_by, machine, pid, code_version, pack_hash, started_at)
     VALUES ($1, 'import', 'running', 'test', 'test', 'test', 1, 'test', 'test', now())`,
    [runId],
  )
  return runId
}

/** A line under the usual header, a good one but for what is given. */
export function line(
  fields: Partial<Record<'document' | 'product' | 'name' | 'quantity' | 'price' | 'date' | 'customer' | 'country', string>>,
): string {
  const {
    document = 'D1',
    product = 'P1',
    name = 'Pen',
    quantity = '1',
    price = '2.5',
    date = '2011-03-04 05:06:07',
    customer = 'C1',
    country = 'France',
  } = fields
  return [document, product, name, quantity, price, date, customer, country].join(',')
}
