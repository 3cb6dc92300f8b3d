/** A workspace with jobs and tables of the test's own in the place of its pack's. */
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { openRooms, type Rooms } from '../../server/assemble.ts'
import type { StartRequest } from '../../server/pipelines/index.ts'
import type { Connection } from '../../server/warehouse/index.ts'
import type { RunDetail } from '../../shared/run.ts'
import { openTestWorkspace, TEST_PASSWORD_VARIABLE, type TestWorkspace } from './open-workspace.ts'

export interface TestJobs extends TestWorkspace {
  /** Writes a job file; `group/name` and its text. */
  writeJob(place: string, text: string): Promise<void>
  /** Replaces the `sources:` block of pack.yaml and opens the workspace again. */
  reopen(sources?: string, environment?: NodeJS.ProcessEnv): Promise<Rooms>
  /** Runs jobs to their end and answers with the run from the book. */
  run(options?: Partial<StartRequest>): Promise<RunDetail>
  /** First column of the rows of a query, or whole rows. */
  rows<R = Record<string, unknown>>(sql: string): Promise<R[]>
}

/** Opens a workspace without the pack's jobs; `tables` is SQL that makes what the jobs load and read. */
export async function openTestJobs(
  connection: Connection,
  { tables, jobs }: { tables: string; jobs: Record<string, string> },
): Promise<TestJobs> {
  const workspace = await openTestWorkspace(connection)
  await rm(join(workspace.folder, 'jobs'), { recursive: true })
  await workspace.rooms.warehouse.withSession((session) => session.script(tables))
  const opened: TestJobs = {
    ...workspace,
    writeJob: async (place, text) => {
      const file = join(workspace.folder, 'jobs', `${place}.sql`)
      await mkdir(dirname(file), { recursive: true })
      await writeFile(file, text)
    },
    reopen: async (sources, environment = {}) => {
      const file = join(workspace.folder, 'pack.yaml')
      if (sources !== undefined)
        await writeFile(file, (await readFile(file, 'utf8')).replace(/^sources:\n( .*\n)+/m, `sources:\n${sources}`))
      await opened.rooms.close()
      const password = { [TEST_PASSWORD_VARIABLE]: connection.password ?? '' }
      const options = { home: workspace.home, workspace: workspace.name, clock: Date.now, log: () => undefined }
      opened.rooms = await openRooms({ ...options, environment: { ...process.env, ...password, ...environment } })
      return opened.rooms
    },
    run: async (options = {}) => {
      const { done } = await opened.rooms.pipelines.start({
        jobs: ['all'],
        request: 'test',
        signal: new AbortController().signal,
        ...options,
      })
      return opened.rooms.runs.show((await done).run_id)
    },
    rows: async (sql) => (await opened.rooms.warehouse.query(sql)).rows as never,
    close: async () => {
      await opened.rooms.close()
      await rm(workspace.home, { recursive: true, force: true })
    },
  }
  for (const [place, text] of Object.entries(jobs)) await opened.writeJob(place, text)
  return opened
}
