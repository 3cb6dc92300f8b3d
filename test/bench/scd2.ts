/**
 * SCD Type 2: a full extract of 1 M rows of which 1 % changed and 0.1 % more are new, already in staging, into a history of
 * 1 M open versions, against the best of the statements that a person would write by hand: changed keys found once into a
 * temporary table, then UPDATE and INSERT. Same server, same rows, in turns; each round is rolled back. Run it directly, or
 * call `bench`.
 */
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadHistory } from '../../server/pipelines/loads/history.ts'
import { openWarehouse, type Session, type Warehouse } from '../../server/warehouse/index.ts'
import { openEmbeddedServer } from '../../server/workspaces/embedded/index.ts'

const ROUNDS = 5
const ROWS = 1_000_000
const TRACK = ['email', 'city', 'country', 'segment', 'is_active', 'birth_date']
const columns = (alias: string): string => TRACK.map((name) => `${alias}.${name}`).join(', ')

export interface BenchLine {
  name: 'scd2'
  median_s: number
  limit_s: number
  ratio: number
  n: number
  peak_rss_mb: number
  limit: string
}

const PREPARE = `
  CREATE TABLE people (
    person_sk bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, user_id bigint NOT NULL, email text, city text, country text, segment text,
    is_active boolean, birth_date date, effective_from timestamptz NOT NULL, effective_to timestamptz NOT NULL, is_current boolean NOT NULL,
    record_hash text NOT NULL, CHECK (effective_from < effective_to), UNIQUE (user_id, effective_from));
  CREATE TABLE extract AS
    SELECT i::bigint AS user_id, 'user' || i || '@example.com' AS email, 'City ' || i % 997 AS city, (ARRAY['UK', 'France', 'Spain', 'Japan'])[1 + i % 4] AS country,
      (ARRAY['Champions', 'Loyal', 'At Risk'])[1 + i % 3] AS segment, i % 10 > 0 AS is_active, date '1960-01-01' + i % 15000 AS birth_date
    FROM generate_series(1, ${String(ROWS)}) i;
  INSERT INTO people (user_id, ${TRACK.join(', ')}, effective_from, effective_to, is_current, record_hash)
    SELECT user_id, ${TRACK.join(', ')}, '2026-01-01', '9999-12-31 00:00:00+00', true, md5(ROW(${TRACK.join(', ')})::text) FROM extract;
  CREATE UNIQUE INDEX people_current ON people (user_id) WHERE is_current;
  UPDATE extract SET city = 'Moved from ' || city WHERE user_id % 100 = 7;
  INSERT INTO extract SELECT i, 'user' || i || '@example.com', 'City', 'UK', 'Loyal', true, '1990-01-01'
    FROM generate_series(${String(ROWS + 1)}, ${String(ROWS + ROWS / 1000)}) i`

/** As the engine has it when a load begins. */
const STAGE = `
  CREATE TEMP TABLE staging ON COMMIT DROP AS SELECT *, row_number() OVER () AS staging_row FROM extract;
  ANALYZE pg_temp.staging`

type Work = (session: Session) => Promise<{ closed: number; inserted: number }>

const byEngine: Work = async (session) => {
  const request = { target: 'people', from: 'pg_temp.staging', key: ['user_id'], track: TRACK, tracked: TRACK, update: [] }
  const { counts } = await loadHistory(session, { ...request, extent: 'full' })
  return { closed: counts.versions_closed, inserted: counts.inserted }
}

const byHand =
  (differs: string): Work =>
  async (session) => {
    await session.script(`
      CREATE TEMP TABLE changed ON COMMIT DROP AS
      SELECT s.user_id, ${columns('s')}, p.person_sk FROM pg_temp.staging s LEFT JOIN people p ON p.user_id = s.user_id AND p.is_current
      WHERE p.person_sk IS NULL OR ${differs};
      ANALYZE pg_temp.changed`)
    const { count: closed } = await session.query(
      'UPDATE people p SET effective_to = transaction_timestamp(), is_current = false FROM pg_temp.changed c WHERE p.person_sk = c.person_sk',
    )
    const { count: opened } = await session.query(`
      INSERT INTO people (user_id, ${TRACK.join(', ')}, effective_from, effective_to, is_current, record_hash)
      SELECT user_id, ${TRACK.join(', ')}, transaction_timestamp(), '9999-12-31 00:00:00+00', true, md5(ROW(${TRACK.join(', ')})::text) FROM pg_temp.changed`)
    return { closed, inserted: opened - closed }
  }

const FORMS: Record<string, Work> = {
  engine: byEngine,
  'columns compared': byHand(`(${columns('s')}) IS DISTINCT FROM (${columns('p')})`),
  'hashes compared': byHand(`md5(ROW(${columns('s')})::text) IS DISTINCT FROM p.record_hash`),
}

class RolledBack extends Error {}

/** Seconds of the work alone; nothing of it stays. */
async function timed(warehouse: Warehouse, work: Work): Promise<number> {
  let seconds = 0
  try {
    await warehouse.withTransaction(async (session) => {
      await session.script(STAGE)
      const start = performance.now()
      const { closed, inserted } = await work(session)
      seconds = (performance.now() - start) / 1000
      if (closed !== ROWS / 100 || inserted !== ROWS / 1000) throw new Error(`${String(closed)} closed, ${String(inserted)} inserted`)
      throw new RolledBack()
    })
  } catch (thrown) {
    if (!(thrown instanceof RolledBack)) throw thrown
  }
  // No checkpoint: after one, the images of whole pages that go into the log take longer than all the rest, and even out any difference.
  await warehouse.query('VACUUM people')
  return seconds
}

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0
const rounded = (value: number): number => Math.round(value * 1000) / 1000

async function measure(warehouse: Warehouse, rounds: number): Promise<BenchLine> {
  const seconds = new Map<string, number[]>(Object.keys(FORMS).map((name) => [name, []]))
  for (let round = 0; round < rounds; round += 1) {
    for (const [name, work] of Object.entries(FORMS)) seconds.get(name)?.push(await timed(warehouse, work))
  }
  const medians = [...seconds].map(([name, all]): [string, number] => [name, median(all)])
  const time = medians.find(([name]) => name === 'engine')?.[1] ?? 0
  const [best = '', limit = 0] = medians.filter(([name]) => name !== 'engine').sort(([, a], [, b]) => a - b)[0] ?? []
  return {
    name: 'scd2',
    median_s: rounded(time),
    limit_s: rounded(limit),
    ratio: rounded(time / limit),
    n: rounds,
    peak_rss_mb: Math.round(process.resourceUsage().maxRSS / 1024),
    limit: `by hand: found once, then UPDATE and INSERT; ${best}`,
  }
}

/** Starts a durable server of its own, measures, and removes everything. */
export async function bench({ rounds = ROUNDS } = {}): Promise<BenchLine> {
  const home = await mkdtemp(join(tmpdir(), 'quintile-bench-scd2-'))
  await chmod(home, 0o711)
  const server = await openEmbeddedServer({ home, durable: true })
  const connection = { host: server.host, port: server.port, user: server.user, password: server.password, database: 'postgres' }
  const warehouse = openWarehouse({ label: 'bench', locate: async () => connection, maxConnections: 2 })
  try {
    await warehouse.withSession((session) => session.script(PREPARE))
    await warehouse.query('VACUUM ANALYZE people')
    await warehouse.query('ANALYZE extract')
    return await measure(warehouse, rounds)
  } finally {
    await warehouse.close()
    await server.close()
    await rm(home, { recursive: true, force: true })
  }
}

if (import.meta.main) process.stdout.write(`${JSON.stringify(await bench())}\n`)
