/** A run book of its own on the test file's database: the engine's tables, and the room over them with a clock that tests set. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { v7 as newRunId } from 'uuid'
import { openLocal } from '../../server/local/index.ts'
import { openRuns, type RetentionPolicy, type Runs } from '../../server/runs/index.ts'
import { holdLeases, openWarehouse, type Connection, type Warehouse } from '../../server/warehouse/index.ts'
import { NO_COUNTS, type RunKind, type RunStatus, type StepCounts } from '../../shared/run.ts'
import type { Template } from '../tools/with-warehouse.ts'

const MIGRATIONS = join(import.meta.dirname, '..', '..', 'resources', 'warehouse')

/** The engine's tables and views, empty. */
export const RUN_BOOK: Template = {
  name: 'run_book',
  build: async (connection) => {
    const warehouse = openWarehouse({ label: 'template', locate: () => Promise.resolve(connection) })
    const files = (await readdir(MIGRATIONS)).filter((file) => file.endsWith('.up.sql')).sort()
    await warehouse.withSession(async (session) => {
      await session.script('CREATE SCHEMA quintile')
      for (const file of files) await session.script(await readFile(join(MIGRATIONS, file), 'utf8'))
    })
    await warehouse.close()
  },
}

export interface TestBook {
  warehouse: Warehouse
  runs: Runs
  /** What the room's clock says; tests set it. */
  time: { now: number }
  /** Opens a run with these jobs, each of a step. */
  start(jobs: readonly string[], more?: Partial<Parameters<Runs['book']['startRun']>[0]>): Promise<string>
  /** A step that is committed as its job would. */
  commit(runId: string, job: string, done?: Done): Promise<void>
  /** Opens, commits and ends a run; its steps took a second each. */
  runThrough(jobs: readonly string[], ended?: { kind?: RunKind; status?: RunStatus; done?: Done; schedule?: string }): Promise<string>
  rows<R = Record<string, unknown>>(sql: string, values?: readonly (string | number | null)[]): Promise<R[]>
  /** The lease of a run, as its process holds it while it lives. */
  hold(runId: string): Promise<{ release(): Promise<void> }>
  close(): Promise<void>
}

/** What a step did; nothing by default. */
export interface Done {
  status?: RunStatus
  counts?: Partial<StepCounts>
  before?: string | null
  watermark?: string | null
  note?: string | null
}

const IDENTITY = { machine: 'desk', user: 'ana', pid: 7 }

export async function openTestBook(connection: Connection, retention: Partial<RetentionPolicy> = {}): Promise<TestBook> {
  const folder = await mkdtemp(join(tmpdir(), 'quintile-book-'))
  const time = { now: Date.parse('2026-03-01T10:00:00Z') }
  const clock = (): number => time.now
  const warehouse = openWarehouse({ label: 'test', locate: () => Promise.resolve(connection) })
  const local = openLocal({ file: join(folder, 'cache.sqlite'), clock })
  const runs = openRuns({ warehouse, local, clock, identity: IDENTITY, codeVersion: '1.2.3', retention })
  const { book } = runs
  const test: TestBook = {
    warehouse,
    runs,
    time,
    start: async (jobs, more = {}) => {
      const runId = newRunId()
      const steps = jobs.map((job, position) => ({ job, group: 'facts', position, source: 'shop', target: `public.${job}` }))
      await book.startRun({ runId, kind: 'pipeline', request: 'test', arguments: {}, packHash: 'abc', steps, ...more })
      return runId
    },
    commit: async (runId, job, { status = 'succeeded', counts = {}, before = null, watermark = null, note = null } = {}) => {
      await book.startStep(runId, job, 1)
      time.now += 1_000
      const result = { counts: { ...NO_COUNTS, ...counts }, findings: [], watermark_before: before, watermark, note }
      await warehouse.withTransaction((session) => book.finishStep(session, runId, { job, status, result }))
    },
    runThrough: async (jobs, { kind = 'pipeline', status = 'succeeded', done = {}, schedule } = {}) => {
      const runId = await test.start(jobs, { kind, schedule })
      for (const job of jobs) await test.commit(runId, job, done)
      await book.finishRun(runId, { status, failure: null })
      return runId
    },
    rows: async <R>(sql: string, values: readonly (string | number | null)[] = []) => (await warehouse.query<R>(sql, values)).rows,
    hold: (runId) => holdLeases(connection, [`run ${runId}`], { ...IDENTITY, run_id: runId }),
    close: async () => {
      await warehouse.close()
      await local.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
  return test
}
