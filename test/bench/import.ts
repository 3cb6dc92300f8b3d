/**
 * Import of the 541,909 order lines of Online Retail, as the packed file is given, into an empty target, against psql's
 * `\copy` of the same lines, unpacked, into a table of eight text columns: same server, same durability, alternating.
 * Each import runs in a process of its own, whose peak of resident memory is reported. Run it directly, or call `bench`.
 */
import { execFile } from 'node:child_process'
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createReadStream } from 'node:fs'
import { promisify } from 'node:util'
import { gunzipSync } from 'node:zlib'
import { importFile, parseImportDeclaration } from '../../server/pipelines/imports/index.ts'
import { openWarehouse, upgrade, type Connection, type Warehouse } from '../../server/warehouse/index.ts'
import { openEmbeddedServer } from '../../server/workspaces/embedded/index.ts'
import { realDataFolder } from '../tools/real-data.ts'

const run = promisify(execFile)
const RESOURCES = join(import.meta.dirname, '..', '..', 'resources')
const PACK = join(RESOURCES, 'packs', 'globalmart')
const ROUNDS = 5

export interface BenchLine {
  name: 'import'
  median_s: number
  limit_s: number
  ratio: number
  n: number
  peak_rss_mb: number
  limit: string
}

interface ImportSeconds {
  seconds: number
  peakMegabytes: number
}

const COLUMNS = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'].map((name) => `${name} text`).join(', ')
const EMPTY = 'TRUNCATE imported.order_lines, quintile.imported_files, quintile.targets'

function open(connection: Connection): Warehouse {
  return openWarehouse({ label: 'bench', locate: async () => connection, maxConnections: 2 })
}

/** One import, in this process. */
async function importOnce(connection: Connection, file: string): Promise<ImportSeconds> {
  const warehouse = open(connection)
  const path = join(PACK, 'imports', 'orders.yaml')
  const declaration = parseImportDeclaration(await readFile(path, 'utf8'), path)
  const runId = crypto.randomUUID()
  await warehouse.query(
    `INSERT INTO quintile.runs (run_id, kind, status, request, started_by, machine, pid, code_version, pack_hash, started_at)
     VALUES ($1, 'import', 'running', 'bench', 'bench', 'bench', 1, '', '', now())`,
    [runId],
  )
  const start = performance.now()
  const { loaded } = await importFile({ warehouse, clock: Date.now }, { runId, name: 'orders', declaration, file })
  const seconds = (performance.now() - start) / 1000
  await warehouse.close()
  if (loaded !== 541_909) throw new Error(`${String(loaded)} lines were loaded`)
  return { seconds, peakMegabytes: process.resourceUsage().maxRSS / 1024 }
}

async function importInChild(connection: Connection, file: string): Promise<ImportSeconds> {
  const env = { ...process.env, QUINTILE_BENCH_CHILD: JSON.stringify({ connection, file }) }
  const { stdout } = await run(process.execPath, [import.meta.filename], { env })
  return JSON.parse(stdout) as ImportSeconds
}

/** Seconds of the statement alone, by psql's own `\timing`, so that psql's start is not to our advantage. */
async function copyByPsql({ host, port, user, password, database }: Connection, csv: string): Promise<number> {
  const to = ['-h', host, '-p', String(port), '-U', user, '-d', database]
  const commands = ['-q', '-c', '\\timing on', '-c', `\\copy limit_lines from '${csv}' with (format csv, header)`]
  const { stdout } = await run('psql', ['-X', ...to, ...commands], { env: { ...process.env, PGPASSWORD: password ?? '' } })
  const milliseconds = /Time: ([\d.]+) ms/.exec(stdout)?.[1]
  if (milliseconds === undefined) throw new Error(`psql did not tell the time: ${stdout}`)
  return Number(milliseconds) / 1000
}

/** Where psql is not installed: the file's bytes through pg-copy-streams, untouched. */
async function copyByNode(warehouse: Warehouse, csv: string): Promise<number> {
  const start = performance.now()
  await warehouse.withSession((session) =>
    pipeline(createReadStream(csv), session.copyIn('COPY limit_lines FROM STDIN (FORMAT csv, HEADER)')),
  )
  return (performance.now() - start) / 1000
}

async function prepare(connection: Connection): Promise<void> {
  await upgrade(connection, { name: 'engine', folder: join(RESOURCES, 'warehouse') })
  await upgrade(connection, { name: 'globalmart', folder: join(PACK, 'migrations') })
}

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0
const rounded = (value: number): number => Math.round(value * 1000) / 1000

/** Starts a durable server of its own, measures, and removes everything. */
export async function bench({ rounds = ROUNDS } = {}): Promise<BenchLine> {
  const file = join(realDataFolder(), 'online_retail.csv.gz')
  const home = await mkdtemp(join(tmpdir(), 'quintile-bench-import-'))
  await chmod(home, 0o711)
  const csv = join(home, 'online_retail.csv')
  await writeFile(csv, gunzipSync(await readFile(file)))
  const server = await openEmbeddedServer({ home, durable: true })
  const connection = { host: server.host, port: server.port, user: server.user, password: server.password, database: 'postgres' }
  const warehouse = open(connection)
  try {
    await prepare(connection)
    await warehouse.query(`CREATE TABLE limit_lines (${COLUMNS})`)
    const psql = await run('psql', ['--version']).then(
      () => true,
      () => false,
    )
    const imports: ImportSeconds[] = []
    const limits: number[] = []
    for (let round = 0; round < rounds; round += 1) {
      await warehouse.query('TRUNCATE limit_lines')
      await warehouse.query('CHECKPOINT')
      limits.push(await (psql ? copyByPsql(connection, csv) : copyByNode(warehouse, csv)))
      await warehouse.query(EMPTY)
      await warehouse.query('CHECKPOINT')
      imports.push(await importInChild(connection, file))
    }
    const [time, limit] = [median(imports.map(({ seconds }) => seconds)), median(limits)]
    return {
      name: 'import',
      median_s: rounded(time),
      limit_s: rounded(limit),
      ratio: rounded(time / limit),
      n: rounds,
      peak_rss_mb: Math.round(Math.max(...imports.map(({ peakMegabytes }) => peakMegabytes))),
      limit: psql
        ? 'psql \\copy of the unpacked file into 8 text columns'
        : 'psql is not installed: COPY of the raw bytes by pg-copy-streams',
    }
  } finally {
    await warehouse.close()
    await server.close()
    await rm(home, { recursive: true, force: true })
  }
}

const child = process.env['QUINTILE_BENCH_CHILD']
if (child !== undefined) {
  const { connection, file } = JSON.parse(child) as { connection: Connection; file: string }
  process.stdout.write(JSON.stringify(await importOnce(connection, file)))
} else if (import.meta.main) {
  process.stdout.write(`${JSON.stringify(await bench())}\n`)
}
