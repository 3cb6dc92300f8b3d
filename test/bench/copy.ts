/**
 * The first load of 5 M order lines from one PostgreSQL database into another by a job, against the same rows through
 * `psql COPY binary | psql COPY binary` into a table of the same columns: same server, same durability, alternating.
 * - `copy`: into a table without indexes, on both sides.
 * - `copy-keyed`: a merge into a table with a primary key; psql gets its key when the rows are there.
 * Each load is the whole step (extraction, checks, load, watermark, log) in a process of its own, whose peak of resident
 * memory is reported. Run it directly, or call `bench`.
 */
import { execFile, spawn } from 'node:child_process'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { once } from 'node:events'
import { promisify } from 'node:util'
import { jobSchema, type Job } from '../../server/pipelines/load-kinds.ts'
import { executeStep } from '../../server/pipelines/step.ts'
import { openPostgresSource } from '../../server/sources/index.ts'
import { openWarehouse, upgrade, type Connection, type Warehouse } from '../../server/warehouse/index.ts'
import { openEmbeddedServer } from '../../server/workspaces/embedded/index.ts'

const run = promisify(execFile)
const ENGINE = join(import.meta.dirname, '..', '..', 'resources', 'warehouse')
/** The client that PostgreSQL brings along. */
const PSQL = 'psql'
const ROUNDS = 3
const ROWS = 5_000_000

export interface BenchLine {
  name: 'copy' | 'copy-keyed'
  median_s: number
  limit_s: number
  ratio: number
  n: number
  peak_rss_mb: number
  limit: string
}

const COLUMNS = 'line_id, customer_id, product_id, quantity, price, ordered_at, status'
const SHAPE = `line_id bigint NOT NULL, customer_id integer NOT NULL, product_id integer NOT NULL, quantity integer NOT NULL,
  price numeric(12,2) NOT NULL, ordered_at timestamptz NOT NULL, status text NOT NULL`
const EXTRACTION = `SELECT ${COLUMNS} FROM lines`

const DECLARED = {
  copy: { kind: 'full', source: 'shop', target: 'lines' },
  'copy-keyed': { kind: 'merge', source: 'shop', target: 'keyed_lines', key: ['line_id'], watermark: 'line_id' },
}
type Name = keyof typeof DECLARED

interface LoadSeconds {
  seconds: number
  peakMegabytes: number
}

function open(connection: Connection): Warehouse {
  return openWarehouse({ label: 'bench', locate: async () => connection, maxConnections: 2 })
}

/** One load, in this process. */
async function loadOnce({ from, to, name }: { from: Connection; to: Connection; name: Name }): Promise<LoadSeconds> {
  const warehouse = open(to)
  const reader = openPostgresSource(from)
  const job: Job = { ...jobSchema.parse(DECLARED[name]), name: name.replace('-', '_'), group: 'bench', sql: EXTRACTION, file: 'bench' }
  const mode = { reload: false, rebuildHistory: false, dryRun: false, since: null, tracked: [], inputs: [], workspace: { folder: '' } }
  const request = { job, runId: crypto.randomUUID(), origin: { kind: 'database' as const, reader }, signal: new AbortController().signal }
  const start = performance.now()
  const { counts } = await warehouse.withTransaction((session) => executeStep(session, { ...mode, ...request }))
  const seconds = (performance.now() - start) / 1000
  await reader.close()
  await warehouse.close()
  if (counts.inserted !== ROWS) throw new Error(`${String(counts.inserted)} rows were loaded`)
  return { seconds, peakMegabytes: process.resourceUsage().maxRSS / 1024 }
}

async function loadInChild(from: Connection, to: Connection, name: Name): Promise<LoadSeconds> {
  const env = { ...process.env, QUINTILE_BENCH_CHILD: JSON.stringify({ from, to, name }) }
  const { stdout } = await run(process.execPath, [import.meta.filename], { env })
  return JSON.parse(stdout) as LoadSeconds
}

function psql({ host, port, user, password, database }: Connection, sql: string) {
  const args = ['-X', '-q', '-h', host, '-p', String(port), '-U', user, '-d', database, '-c', sql]
  return spawn(PSQL, args, { env: { ...process.env, PGPASSWORD: password ?? '' }, stdio: ['pipe', 'pipe', 'inherit'] })
}

/** The same rows through two psql, then the key where there is one. */
async function copyByPsql(from: Connection, to: Connection, key: string | null): Promise<number> {
  const start = performance.now()
  const source = psql(from, `COPY (${EXTRACTION}) TO STDOUT (FORMAT binary)`)
  const target = psql(to, `COPY limit_lines (${COLUMNS}) FROM STDIN (FORMAT binary)`)
  source.stdout.pipe(target.stdin)
  const [code] = (await once(target, 'close')) as [number]
  if (code !== 0) throw new Error(`psql ended with ${String(code)}`)
  if (key !== null) await once(psql(to, `ALTER TABLE limit_lines ADD PRIMARY KEY (${key})`), 'close')
  return (performance.now() - start) / 1000
}

async function fillSource(from: Connection): Promise<void> {
  const source = open(from)
  await source.withSession((session) =>
    session.script(`CREATE TABLE lines (${SHAPE});
      INSERT INTO lines SELECT n, n % 1000003, n % 4001, n % 7 + 1, (n % 99991) / 100.0, timestamptz '2020-01-01' + n * interval '37 seconds',
        (ARRAY['open', 'paid', 'sent', 'returned'])[n % 4 + 1] FROM generate_series(1, ${String(ROWS)}) n`),
  )
  await source.query('VACUUM ANALYZE lines')
  await source.close()
}

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0
const rounded = (value: number): number => Math.round(value * 1000) / 1000

interface Place {
  from: Connection
  to: Connection
  warehouse: Warehouse
  rounds: number
}

async function measure(name: Name, { from, to, warehouse, rounds }: Place): Promise<BenchLine> {
  const key = name === 'copy' ? null : 'line_id'
  const loads: LoadSeconds[] = []
  const limits: number[] = []
  for (let round = 0; round < rounds; round += 1) {
    await warehouse.withSession((session) =>
      session.script(`DROP TABLE IF EXISTS limit_lines, lines, keyed_lines; TRUNCATE quintile.job_state, quintile.targets;
        CREATE TABLE limit_lines (${SHAPE}); CREATE TABLE lines (${SHAPE}); CREATE TABLE keyed_lines (${SHAPE}, PRIMARY KEY (line_id))`),
    )
    await warehouse.query('CHECKPOINT')
    limits.push(await copyByPsql(from, to, key))
    await warehouse.query('CHECKPOINT')
    loads.push(await loadInChild(from, to, name))
  }
  const [time, limit] = [median(loads.map(({ seconds }) => seconds)), median(limits)]
  return {
    ...{ name, median_s: rounded(time), limit_s: rounded(limit), ratio: rounded(time / limit), n: rounds },
    peak_rss_mb: Math.round(Math.max(...loads.map(({ peakMegabytes }) => peakMegabytes))),
    limit: `psql COPY binary | psql COPY binary of 5 M rows${key === null ? '' : ', then the primary key'}`,
  }
}

/** Starts a durable server of its own, measures, and removes everything. */
export async function bench({ rounds = ROUNDS } = {}): Promise<BenchLine[]> {
  const home = await mkdtemp(join(tmpdir(), 'quintile-bench-copy-'))
  await chmod(home, 0o711)
  const server = await openEmbeddedServer({ home, durable: true })
  const { host, port, user, password } = server
  const [to, from] = ['postgres', 'shop'].map((database) => ({ host, port, user, password, database })) as [Connection, Connection]
  const warehouse = open(to)
  try {
    await warehouse.query('CREATE DATABASE shop')
    await fillSource(from)
    await upgrade(to, { name: 'engine', folder: ENGINE })
    const place = { from, to, warehouse, rounds }
    return [await measure('copy', place), await measure('copy-keyed', place)]
  } finally {
    await warehouse.close()
    await server.close()
    await rm(home, { recursive: true, force: true })
  }
}

const child = process.env['QUINTILE_BENCH_CHILD']
if (child !== undefined) {
  process.stdout.write(JSON.stringify(await loadOnce(JSON.parse(child) as Parameters<typeof loadOnce>[0])))
} else if (import.meta.main) {
  for (const line of await bench()) process.stdout.write(`${JSON.stringify(line)}\n`)
}
