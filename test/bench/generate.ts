/**
 * The shop of the lakehouse pack at medium (about half a million rows): made by its generator, against the COPY of the same
 * rows, finished, from files. Both into the same empty tables, whose keys and indexes are built afterwards: same server, same
 * durability, in turns. The generator runs in a process of its own, whose peak of resident memory is reported. Run it
 * directly (with a scale, if another is wanted), or call `bench`.
 */
import { execFile } from 'node:child_process'
import { createReadStream, createWriteStream } from 'node:fs'
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { promisify } from 'node:util'
import { openWarehouse, type Connection, type Warehouse } from '../../server/warehouse/index.ts'
import { openEmbeddedServer } from '../../server/workspaces/embedded/index.ts'
import { SCALES, type Scale } from '../../server/workspaces/generators/generator.ts'
import { bareTables } from '../../server/workspaces/generators/lakehouse/bare-tables.ts'
import { generator } from '../../server/workspaces/generators/lakehouse/index.ts'
import { COLUMNS, TABLES } from '../../server/workspaces/generators/lakehouse/tables.ts'

const run = promisify(execFile)
const SHOP = join(import.meta.dirname, '..', '..', 'resources', 'packs', 'lakehouse', 'sources', 'shop.sql')
const ROUNDS = 3
const UNTIL = Date.UTC(2026, 10, 2)

export interface BenchLine {
  name: 'generate'
  median_s: number
  limit_s: number
  ratio: number
  n: number
  peak_rss_mb: number
  limit: string
}

interface Child {
  connection: Connection
  scale: Scale
}

function open(connection: Connection): Warehouse {
  return openWarehouse({ label: 'bench', locate: async () => connection, maxConnections: 2 })
}

async function clear(warehouse: Warehouse): Promise<void> {
  await warehouse.query(`TRUNCATE ${TABLES.join(', ')}`)
  await warehouse.query('CHECKPOINT')
}

/** In this process; its memory is that of the generator. */
async function generate({ connection, scale }: Child): Promise<{ seconds: number; rows: number; peakMegabytes: number }> {
  const warehouse = open(connection)
  const start = performance.now()
  const counts = await generator.fill({
    ...{ folder: '', database: async () => warehouse, signal: new AbortController().signal, say: () => undefined },
    ...{ seed: 1, scale, sizes: {}, until: UNTIL },
  })
  const seconds = (performance.now() - start) / 1000
  await warehouse.close()
  const rows = Object.values(counts).reduce((sum, count) => sum + count, 0)
  return { seconds, rows, peakMegabytes: process.resourceUsage().maxRSS / 1024 }
}

async function generateInChild(child: Child): ReturnType<typeof generate> {
  const env = { ...process.env, QUINTILE_BENCH_CHILD: JSON.stringify(child) }
  const { stdout } = await run(process.execPath, [import.meta.filename], { env })
  return JSON.parse(stdout) as Awaited<ReturnType<typeof generate>>
}

const fileOf = (home: string, table: string): string => join(home, `${table}.copy`)

async function writeFinished(warehouse: Warehouse, home: string): Promise<void> {
  await warehouse.withSession(async (session) => {
    for (const table of TABLES)
      await pipeline(session.copyOut(`COPY ${table} (${COLUMNS[table].join(', ')}) TO STDOUT`), createWriteStream(fileOf(home, table)))
  })
}

async function copyFinished(warehouse: Warehouse, home: string): Promise<number> {
  const start = performance.now()
  await warehouse.withTransaction(async (session) => {
    const putBack = await bareTables(session, TABLES)
    for (const table of TABLES)
      await pipeline(createReadStream(fileOf(home, table)), session.copyIn(`COPY ${table} (${COLUMNS[table].join(', ')}) FROM STDIN`))
    await putBack()
    await session.script(`ANALYZE ${TABLES.join(', ')}`)
  })
  return (performance.now() - start) / 1000
}

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0
const rounded = (value: number): number => Math.round(value * 1000) / 1000

/** Starts a durable server of its own, measures, and removes everything. */
export async function bench({ rounds = ROUNDS, scale = 'medium' }: { rounds?: number; scale?: Scale } = {}): Promise<BenchLine> {
  const home = await mkdtemp(join(tmpdir(), 'quintile-bench-generate-'))
  await chmod(home, 0o711)
  const server = await openEmbeddedServer({ home, durable: true })
  const connection = server.connection('postgres')
  const warehouse = open(connection)
  try {
    const sql = await readFile(SHOP, 'utf8')
    await warehouse.withSession((session) => session.script(sql))
    const made = [await generateInChild({ connection, scale })]
    await writeFinished(warehouse, home)
    const limits: number[] = []
    for (let round = 0; round < rounds; round += 1) {
      await clear(warehouse)
      limits.push(await copyFinished(warehouse, home))
      await clear(warehouse)
      made.push(await generateInChild({ connection, scale }))
    }
    // The first one found a cold server, and the limit has none like it.
    const [time, limit] = [median(made.slice(1).map(({ seconds }) => seconds)), median(limits)]
    return {
      ...{ name: 'generate', median_s: rounded(time), limit_s: rounded(limit), ratio: rounded(time / limit), n: rounds },
      peak_rss_mb: Math.round(Math.max(...made.map(({ peakMegabytes }) => peakMegabytes))),
      limit: `COPY of the same ${String(made[0]?.rows)} rows from files, with keys and indexes`,
    }
  } finally {
    await warehouse.close()
    await server.close()
    await rm(home, { recursive: true, force: true })
  }
}

const child = process.env['QUINTILE_BENCH_CHILD']
if (child !== undefined) {
  process.stdout.write(JSON.stringify(await generate(JSON.parse(child) as Child)))
} else if (import.meta.main) {
  const [, , scale = 'medium', rounds = ROUNDS] = process.argv
  const asked = SCALES.find((one) => one === scale) ?? 'medium'
  process.stdout.write(`${JSON.stringify(await bench({ scale: asked, rounds: Number(rounds) }))}\n`)
}
