/** Reading a run's log as it is written. */
import type { RunLogLine } from '../../shared/run.ts'
import { watchChannel, type Warehouse } from '../warehouse/index.ts'
import { LINES_AT_ONCE, readLines, toLine, type LogFilter } from './read-log.ts'
import { LIVE_CHANNEL } from './tell.ts'

/** The longest that a new line stays unseen when the message about it was missed. */
const LOOK_MILLISECONDS = 1_000
/** A step's lines get their numbers when they are written and are seen when it commits: until then later ones overtake them. */
const OVERTAKING_MILLISECONDS = 60_000
/** How often, in looks without news, it is asked whether the run's process is still there; first at the first of them. */
const LOOKS_WITHOUT_NEWS = 10

export interface FollowNeeds {
  warehouse: Warehouse
  /** Closes runs whose process is gone, so that following one of them ends. */
  closeInterrupted(): Promise<unknown>
  signal: AbortSignal
}

/** Lines as they are written, until the run has ended or the signal comes. The first batch is what there is already. */
export async function* followLog(needs: FollowNeeds, runId: string, filter: LogFilter): AsyncGenerator<RunLogLine[]> {
  const { warehouse, signal } = needs
  const bell = openBell(signal)
  const watch = await watchChannel(await warehouse.connection(), LIVE_CHANNEL, {
    onMessage: (payload) => (payload.includes(runId) ? bell.ring() : undefined),
    onLost: () => undefined,
  }).catch(() => undefined)
  const reader = openReader(warehouse, runId, filter)
  try {
    for (let quiet = 0; !signal.aborted; quiet += 1) {
      // The status first: what is read after it is everything, if it says that the run has ended.
      const ended = await hasEnded(warehouse, runId)
      for await (const lines of reader.unread()) {
        quiet = 0
        yield lines
      }
      if (ended) return
      if (quiet % LOOKS_WITHOUT_NEWS === 1) await needs.closeInterrupted()
      await bell.next(LOOK_MILLISECONDS)
    }
  } finally {
    bell.close()
    await watch?.close()
  }
}

/** Reads what it has not read before, those lines too that were overtaken. */
function openReader(warehouse: Warehouse, runId: string, filter: LogFilter) {
  /** Number of each line read since `floor`, with the time at which it was read. */
  const seen = new Map<number, number>()
  let floor = 0
  return {
    async *unread(): AsyncGenerator<RunLogLine[]> {
      const now = performance.now()
      for (let after = floor; ;) {
        const rows = await readLines(warehouse, runId, { ...filter, after })
        const fresh = rows.filter(({ log_id }) => !seen.has(log_id))
        for (const { log_id } of fresh) seen.set(log_id, now)
        if (fresh.length > 0) yield fresh.map(toLine)
        if (rows.length < LINES_AT_ONCE) break
        after = rows.at(-1)?.log_id ?? after
      }
      for (const [id, at] of seen) {
        if (now - at < OVERTAKING_MILLISECONDS) break
        seen.delete(id)
        floor = Math.max(floor, id)
      }
    },
  }
}

async function hasEnded(warehouse: Warehouse, runId: string): Promise<boolean> {
  const { rows } = await warehouse.query<{ ended: boolean }>(
    `SELECT status NOT IN ('queued', 'running') AS ended FROM quintile.runs WHERE run_id = $1`,
    [runId],
  )
  return rows[0]?.ended ?? true
}

/** Somebody waits until it rings, until the time is up or until the signal comes; a ring while nobody waits is kept for the next. */
function openBell(signal: AbortSignal) {
  let rung = false
  let wake = (): void => undefined
  const ring = (): void => {
    rung = true
    wake()
  }
  signal.addEventListener('abort', ring)
  return {
    ring,
    next: async (milliseconds: number): Promise<void> => {
      if (!rung) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, milliseconds)
          wake = () => {
            clearTimeout(timer)
            resolve()
          }
        })
      }
      rung = false
      wake = () => undefined
    },
    close: (): void => signal.removeEventListener('abort', ring),
  }
}
