/** Cancelling across processes: whoever asks writes it into the book, and the process that runs the run stops within a second. */
import { mistake } from '../../shared/failure.ts'
import type { RunSummary } from '../../shared/run.ts'
import { watchChannel, type Session, type Warehouse } from '../warehouse/index.ts'
import { storable } from './storable.ts'
import { tellRun } from './tell.ts'
import { writeEvents } from './write-events.ts'
import { writeLog } from './write-log.ts'

/** PostgreSQL's channel of cancel requests; the message is the run's id. */
const CANCEL_CHANNEL = 'quintile_cancel'

/** A request whose message was missed (the connection was away at that moment) is seen at the next look. */
const LOOK_MILLISECONDS = 3_000

/**
 * Asks a run to stop, once: asking again changes nothing and only wakes its process again. Belongs in a transaction.
 * Answers with the run; its status says `cancelled` only when its process has stopped. Errors: `run.already-ended`.
 */
export async function writeCancelRequest(
  session: Session,
  { runId, who, at }: { runId: string; who: string; at: string },
): Promise<RunSummary> {
  const by = storable(who)
  const { count } = await session.query(
    `UPDATE quintile.runs SET cancel_requested_at = $2, cancel_requested_by = $3
     WHERE run_id = $1 AND status IN ('queued', 'running') AND cancel_requested_at IS NULL`,
    [runId, at, by],
  )
  if (count > 0) {
    await writeEvents(session, { runId, at }, [{ kind: 'cancel.requested', detail: { by } }])
    await writeLog(session, { runId, at }, [{ level: 'warn', job: null, message: `${by} asked the run to stop` }])
  }
  const run = await tellRun(session, runId)
  if (run.ended_at !== null) {
    throw mistake('run.already-ended', `Run ${runId} has already ended: ${run.status}`, {
      hint: 'There is nothing left to stop.',
      details: { run_id: runId, status: run.status, ended_at: run.ended_at },
    })
  }
  await session.query('SELECT pg_notify($1, $2)', [CANCEL_CHANNEL, runId])
  return run
}

export interface CancelWatch {
  close(): Promise<void>
}

/**
 * Calls `onCancel` once, when somebody asks the run to stop or when another process has closed it as interrupted. Listens on
 * a connection of its own and looks at the run's row every 3 s besides, so that a cut connection delays a request and loses
 * none. Never rejects: a run goes on, though it may have to wait for the network to hear of its cancelling.
 */
export function watchCancel(warehouse: Warehouse, runId: string, onCancel: () => void): CancelWatch {
  const state = { closed: false, told: false, lost: false }
  const tell = (): void => {
    if (state.closed || state.told) return
    state.told = true
    onCancel()
  }
  const look = (): Promise<void> => isCancelled(warehouse, runId).then((cancelled) => (cancelled ? tell() : undefined), ignore)
  const listen = async (): Promise<CancelWatch | undefined> => {
    const onMessage = (payload: string): void => (payload === runId ? tell() : undefined)
    try {
      return await watchChannel(await warehouse.connection(), CANCEL_CHANNEL, { onMessage, onLost: () => void (state.lost = true) })
    } catch {
      state.lost = true
      return undefined
    }
  }
  let listening = listen()
  // What was asked before we listened.
  let looking = listening.then(look)
  const timer = setInterval(() => {
    if (state.lost) {
      state.lost = false
      listening = listen()
    }
    looking = looking.then(look)
  }, LOOK_MILLISECONDS)
  timer.unref()
  return {
    close: async () => {
      state.closed = true
      clearInterval(timer)
      await looking
      await (await listening)?.close().catch(ignore)
    },
  }
}

const ignore = (): void => undefined

async function isCancelled(warehouse: Warehouse, runId: string): Promise<boolean> {
  const { rows } = await warehouse.query(
    `SELECT 1 FROM quintile.runs WHERE run_id = $1 AND (cancel_requested_at IS NOT NULL OR error ->> 'code' = 'run.interrupted')`,
    [runId],
  )
  return rows.length > 0
}
