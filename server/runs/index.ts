/** The run book: what every run did, written beside the data and mirrored locally for when there is no network. */
import { mistake, toFailure } from '../../shared/failure.ts'
import type { RunDetail, RunReject, RunSummary } from '../../shared/run.ts'
import type { Clock } from '../../shared/time.ts'
import type { LocalStore } from '../local/index.ts'
import type { Warehouse } from '../warehouse/index.ts'
import { openBook } from './book.ts'
import { readDetail, readRejects, readRunning, readRuns, type Page } from './read.ts'

export { LIVE_CHANNEL } from './tell.ts'
export type { Page } from './read.ts'

export interface RunsNeeds {
  warehouse: Warehouse
  local: LocalStore
  clock: Clock
  identity: { machine: string; user: string; pid: number }
  codeVersion: string
}

export interface RunPage {
  runs: RunSummary[]
  total: number
  source: 'warehouse' | 'cache'
}

/** Opens the room. Errors: none here; its calls reject with the failures of the warehouse. */
export function openRuns({ warehouse, local, clock, identity, codeVersion }: RunsNeeds) {
  const keep = async (runId: string): Promise<void> => {
    const detail = await readDetail(warehouse, runId)
    if (detail !== undefined) local.keepRun(detail)
  }

  return {
    book: openBook({ warehouse, clock, identity, codeVersion, keep }),

    /** Newest first. */
    list: (page: Page): Promise<RunPage> =>
      orElseLocal<RunPage>(
        async () => ({ ...(await readRuns(warehouse, page)), source: 'warehouse' }),
        () => ({ ...local.listRuns(page), source: 'cache' }),
      ),

    /** Errors: `run.unknown`. */
    show: async (runId: string): Promise<RunDetail> => {
      if (!RUN_ID.test(runId)) throw unknownRun(runId)
      const detail = await orElseLocal(
        () => readDetail(warehouse, runId),
        () => local.showRun(runId),
      )
      if (detail === undefined) throw unknownRun(runId)
      return detail
    },

    /** Rows that a run kept out; they stand in the warehouse alone. */
    rejects: async (runId: string, page: Page): Promise<{ rejects: RunReject[]; total: number }> => {
      if (!RUN_ID.test(runId)) throw unknownRun(runId)
      return readRejects(warehouse, runId, page)
    },

    /** Runs under way now, of any process. */
    running: (): Promise<RunSummary[]> => readRunning(warehouse),
  }
}

/** What is no UUID is no run of ours; PostgreSQL would call it a bad value. */
const RUN_ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

function unknownRun(runId: string): Error {
  return mistake('run.unknown', `There is no run ${runId}`, '“quintile runs list” shows the runs.')
}

export type Runs = ReturnType<typeof openRuns>

/** Answers from the warehouse; from the local copy when the world is in the way, never when the question is wrong. */
async function orElseLocal<T>(online: () => Promise<T>, offline: () => T): Promise<T> {
  try {
    return await online()
  } catch (thrown) {
    if (toFailure(thrown).kind !== 'retry') throw thrown
    return offline()
  }
}
