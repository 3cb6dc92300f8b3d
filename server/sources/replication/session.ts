/** One connection to a replication source for one read: what is known of the server, the locks on the slot, and how it is stopped. */
import type pg from 'pg'
import { Failure } from '../../../shared/failure.ts'
import { cancelBackend, connect, placeOf, type SourceConnection } from '../postgres-connection.ts'
import { readFacts, type ReplicationPlace, type ServerFacts } from './facts.ts'

export interface SourceSession {
  connection: SourceConnection
  client: pg.Client
  facts: ServerFacts
  signal: AbortSignal
}

/** A session that only takes care of the slot. */
export type SlotSession = Omit<SourceSession, 'facts'>

/** How long to wait for another machine that reads the same slot. */
const LOCK_TIMEOUT_MS = 300_000

/** Connects. The caller ends the client. */
export async function openSlotSession({ connection }: ReplicationPlace, signal: AbortSignal): Promise<SlotSession> {
  return { connection, client: await connect(connection, { lock_timeout: LOCK_TIMEOUT_MS }), signal }
}

/** Connects and asks what the server is. The caller ends the client. */
export async function openSession(place: ReplicationPlace, signal: AbortSignal): Promise<SourceSession> {
  const session = await openSlotSession(place, signal)
  try {
    return { ...session, facts: await readFacts(session.client) }
  } catch (thrown) {
    await session.client.end()
    throw thrown
  }
}

/**
 * Two locks, taken as advisory locks at the source because that is where all machines meet:
 * - `use`: who peeks into the slot, moves it, makes it or drops it. PostgreSQL itself refuses a second reader at once; the
 *   lock lets it wait.
 * - `copies`: shared by all who copy a table from a snapshot whose place in the log is not stored yet. Until it is, the slot
 *   must not be moved past it: whoever would move it tries to have the lock alone, and lets it be when it cannot.
 */
type SlotLock = 'use' | 'copies'

/** So that hashes of slot names do not meet other programs' advisory locks. */
const CLASS: Record<SlotLock, number> = { use: 741_302_561, copies: 741_302_562 }

const lock = (name: string, kind: SlotLock, slot: string) => ({
  text: `SELECT ${name}($1, hashtext($2)) AS locked`,
  values: [CLASS[kind], slot],
})

/**
 * Waits for its turn with the slot, does the work and lets the next one in. After a failure the connection may be full of
 * rows that nobody takes, so nothing more is sent over it: the lock goes when the caller ends it.
 */
export async function withSlot<T>(session: SlotSession, slot: string, work: () => Promise<T>): Promise<T> {
  const { client } = session
  await stoppable(session, () => client.query(lock('pg_advisory_lock', 'use', slot)))
  const done = await work()
  await client.query(lock('pg_advisory_unlock', 'use', slot))
  return done
}

/** Keeps the slot from being moved, until the client ends. */
export async function holdSlotStill(client: pg.Client, slot: string): Promise<void> {
  await client.query(lock('pg_advisory_lock_shared', 'copies', slot))
}

/** True when nobody copies a table now; nobody begins to while the caller is `withSlot`. */
export async function mayMoveSlot(client: pg.Client, slot: string): Promise<boolean> {
  const { rows } = await client.query<{ locked: boolean }>(lock('pg_try_advisory_lock', 'copies', slot))
  if (rows[0]?.locked !== true) return false
  await client.query(lock('pg_advisory_unlock', 'copies', slot))
  return true
}

/** Throws `source.cancelled` when the signal was given: a statement that was not sent yet cannot be stopped at the server. */
export function stopIfAborted(signal: AbortSignal): void {
  if (signal.aborted) throw new Failure({ kind: 'stop', code: 'source.cancelled', message: 'Reading from the source was cancelled' })
}

/** While the work goes on, the signal stops the client's statement at the server, and the work fails as `source.cancelled`. */
export async function stoppable<T>({ connection, client, signal }: SlotSession, work: () => Promise<T>): Promise<T> {
  const stop = (): void => void cancelBackend(connection, client).catch(() => undefined)
  signal.addEventListener('abort', stop, { once: true })
  try {
    stopIfAborted(signal)
    return await work()
  } catch (thrown) {
    stopIfAborted(signal)
    throw thrown
  } finally {
    signal.removeEventListener('abort', stop)
  }
}

/** `host:port/database`, safe to show. */
export function whereIs({ connection }: ReplicationPlace): string {
  return placeOf(connection)
}
