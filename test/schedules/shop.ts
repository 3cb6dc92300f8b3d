/** A workspace folder with schedules on a real warehouse, and as many machines as a test wants; runs are the test’s own. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { v7 as newRunId } from 'uuid'
import { openLocal, type LocalStore } from '../../server/local/index.ts'
import type { HealthLine } from '../../server/schedules/index.ts'
import type { DesktopNotification } from '../../server/schedules/notifications/send.ts'
import { openRoom, type SchedulesRoom } from '../../server/schedules/open.ts'
import type { WorldState } from '../../server/schedules/world.ts'
import { openWarehouse, upgrade, type Connection, type Warehouse } from '../../server/warehouse/index.ts'
import { NO_COUNTS, runDetailSchema, type RunDetail, type RunStatus } from '../../shared/run.ts'
import type { FakeTime } from './fake-time.ts'
import type { Template } from '../tools/with-warehouse.ts'

const ENGINE = { name: 'engine', folder: join(import.meta.dirname, '..', '..', 'resources', 'warehouse') }

/** A database with the engine’s tables. */
export const ENGINE_TEMPLATE: Template = { name: 'schedules_engine', build: async (connection) => void (await upgrade(connection, ENGINE)) }

export interface StartedRun {
  runId: string
  jobs: readonly string[]
  schedule: string | null
  arguments: Record<string, unknown>
  request: string
  machine: string
  signal: AbortSignal
  /** Ends the run, in the book too. */
  end(status: RunStatus, change?: Partial<RunDetail>): Promise<RunDetail>
  /** The run cannot go on: `done` rejects. */
  fail(thrown: unknown): void
}

export interface Machine {
  name: string
  room: SchedulesRoom
  local: LocalStore
  warehouse: Warehouse
  world: WorldState
  health: HealthLine[]
  /** The answer to “when did these jobs last succeed”. */
  success: { run_id: string; started_at: string } | null
  desktop: DesktopNotification[]
  logged: unknown[]
  close(): Promise<void>
}

export interface Shop {
  folder: string
  runs: StartedRun[]
  time: FakeTime
  write(name: string, text: string): Promise<void>
  /** Notification settings of the workspace. */
  notify(text: string): Promise<void>
  machine(name?: string, options?: MachineOptions): Machine
  /** Ticks of the ledger, oldest first: `due outcome machine note`. */
  ledger(schedule?: string): Promise<{ due: string; outcome: string; machine: string; note: string | null; run_id: string | null }[]>
  sql(text: string, values?: readonly (string | number | null)[]): Promise<Record<string, unknown>[]>
  close(): Promise<void>
}

export interface MachineOptions {
  environment?: NodeJS.ProcessEnv
  connection?: Connection
  /** Refuses the start with this. */
  refuse?: () => Error | undefined
  desktop?: boolean
  /** What planning the jobs says, for whoever asks before a run. */
  plan?: Error
}

const ONLINE: WorldState = { on_battery: false, battery: 80, online: true }

export async function openShop(connection: Connection, time: FakeTime): Promise<Shop> {
  const folder = await mkdtemp(join(tmpdir(), 'quintile-schedules-'))
  const runs: StartedRun[] = []
  const details = new Map<string, RunDetail>()
  const machines: Machine[] = []
  const admin = openWarehouse({ label: 'test', locate: () => Promise.resolve(connection) })
  await mkdir(join(folder, 'schedules'))

  const detailOf = (run: Omit<StartedRun, 'end' | 'fail'>, status: RunStatus, change: Partial<RunDetail>): RunDetail => {
    const at = new Date(time.now).toISOString()
    const { runId: run_id, schedule, request, machine } = run
    const own = {
      run_id,
      kind: 'pipeline',
      status,
      request,
      schedule,
      started_by: 'anna',
      machine,
      started_at: at,
      ended_at: at,
      seconds: 0,
    }
    const rest = {
      totals: NO_COUNTS,
      steps_total: 0,
      steps_done: 0,
      nothing_changed: false,
      error: null,
      arguments: {},
      code_version: '0',
      pack_hash: '',
    }
    return runDetailSchema.parse({ ...own, ...rest, steps: [], log: [], rejects: [], ...change })
  }

  const startRun = (machine: string, options: MachineOptions): Parameters<typeof openRoom>[0]['startRun'] => {
    return async ({ jobs, arguments: given, schedule, request, signal }) => {
      const refused = options.refuse?.()
      if (refused !== undefined) throw refused
      const { promise: done, resolve, reject } = Promise.withResolvers<RunDetail>()
      done.catch(() => undefined)
      const asked = { runId: newRunId(), jobs, schedule, request, machine, signal, arguments: given }
      await admin.query(
        `INSERT INTO quintile.runs (run_id, kind, status, request, arguments, started_by, machine, pid, code_version, pack_hash, started_at, schedule)
         VALUES ($1, 'pipeline', 'running', $2, '{}', 'anna', $3, 1, '0', '', $4, $5)`,
        [asked.runId, request, machine, new Date(time.now).toISOString(), schedule],
      )
      let over = false
      const end: StartedRun['end'] = async (status, change = {}) => {
        over = true
        const detail = detailOf(asked, status, change)
        details.set(detail.run_id, detail)
        await admin.query('UPDATE quintile.runs SET status = $2, ended_at = $3 WHERE run_id = $1', [detail.run_id, status, detail.ended_at])
        resolve(detail)
        return detail
      }
      signal.addEventListener('abort', () => void (over || end('cancelled')))
      runs.push({ ...asked, end, fail: reject })
      return { runId: asked.runId, done }
    }
  }

  const machine: Shop['machine'] = (name = 'near', options = {}) => {
    const at = options.connection ?? connection
    const warehouse = openWarehouse({ label: 'test', locate: () => Promise.resolve(at) })
    const local = openLocal({ file: join(folder, 'cache', `${name}.sqlite`), clock: time.clock })
    const own: Omit<Machine, 'room' | 'close'> = {
      name,
      local,
      warehouse,
      world: ONLINE,
      health: [],
      success: null,
      desktop: [],
      logged: [],
    }
    const room = openRoom({
      ...{ folder, workspace: 'shop', warehouse, local, clock: time.clock, timers: time.timers },
      identity: { machine: name, user: 'anna' },
      environment: options.environment ?? {},
      startRun: startRun(name, options),
      health: () => (options.plan === undefined ? Promise.resolve(opened.health) : Promise.reject(options.plan)),
      lastSuccess: () => (options.plan === undefined ? Promise.resolve(opened.success) : Promise.reject(options.plan)),
      closeInterrupted: () =>
        admin.query(`UPDATE quintile.runs SET status = 'failed', error = '{"code":"run.interrupted"}' WHERE status = 'running'`),
      showRun: (runId) => {
        const detail = details.get(runId)
        return detail === undefined ? Promise.reject(new Error(`no run ${runId}`)) : Promise.resolve(detail)
      },
      selectionWords: () => Promise.resolve(['all', 'facts', 'dimensions', 'load_orders', 'rfm']),
      showDesktop: options.desktop === false ? null : (shown) => void opened.desktop.push(shown),
      log: (thrown) => void opened.logged.push(thrown),
      probe: () => Promise.resolve(opened.world),
    })
    let closed = false
    const close = async (): Promise<void> => {
      if (closed) return
      closed = true
      await room.stop()
      await local.close()
      await warehouse.close()
    }
    const opened: Machine = { ...own, room, close }
    machines.push(opened)
    return opened
  }

  return {
    ...{ folder, runs, time, machine },
    write: (name, text) => writeFile(join(folder, 'schedules', `${name}.yaml`), text),
    notify: (text) => writeFile(join(folder, 'notifications.yaml'), text),
    ledger: async (schedule = 'daily') => {
      const { rows } = await admin.query<{ due: string; outcome: string; machine: string; note: string | null; run_id: string | null }>(
        `SELECT to_char(due_at, 'YYYY-MM-DD"T"HH24:MI"Z"') AS due, outcome, machine, note, run_id::text FROM quintile.schedule_ticks WHERE schedule = $1 ORDER BY due_at`,
        [schedule],
      )
      return rows
    },
    sql: async (text, values = []) => (await admin.query(text, values)).rows,
    close: async () => {
      for (const one of machines) await one.close()
      await admin.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
