/**
 * A snapshot of the tables and the place in the log at which it was taken, exactly: every transaction that began its commit
 * before that place is in the snapshot, and none of the others. Only the making of a logical slot gives the two together.
 * Reading `pg_current_wal_lsn()` beside a snapshot would not: a commit stands in the log a moment before other snapshots
 * see it, so its rows could be in neither.
 */
import pg from 'pg'
import { Failure } from '../../../shared/failure.ts'
import { cancelBackend, connect, sqlState } from '../postgres-connection.ts'
import type { ReplicationPlace } from './facts.ts'
import { stoppable, type SourceSession } from './session.ts'
import { toSlotFailure } from './slots.ts'

export interface SlotSnapshot {
  /**
   * Before the slot was asked for, by the source's clock: no transaction that the slot gives out was committed earlier, since
   * all that were under way then had to end first. As the time of the rows it keeps later changes later.
   */
  at: string
  /** The slot gives out the transactions from here on. */
  lsn: string
  /** For SET TRANSACTION SNAPSHOT; until `close`. */
  snapshot: string
  /** Once the snapshot was entered it lives on by itself. A slot for this snapshot alone goes away. */
  close(): Promise<void>
}

/** The longest wait for the transactions that were under way, unless the source has a statement_timeout of its own. */
const WAIT_MS = 600_000

/**
 * Makes the source's slot, or, where it exists already, a second one that lives as long as the connection. PostgreSQL waits
 * for every transaction that was writing at that moment, on the whole server, before it knows a consistent place.
 * Errors: `source.no-replication`, `source.slot-waits`, `source.slot-busy`, `source.cancelled`.
 */
export async function takeSlotSnapshot(
  place: ReplicationPlace,
  session: SourceSession,
  { temporary }: { temporary: boolean },
): Promise<SlotSnapshot> {
  const { connection, settings } = place
  const name = temporary ? `${settings.slot.slice(0, 50)}_${crypto.randomUUID().slice(0, 8)}` : settings.slot
  const command = `CREATE_REPLICATION_SLOT ${pg.escapeIdentifier(name)} ${temporary ? 'TEMPORARY ' : ''}LOGICAL pgoutput EXPORT_SNAPSHOT`
  const client = await connect(connection, { replication: 'database' }).catch((thrown: unknown) => {
    throw toSlotFailure(thrown, place)
  })
  const { rows: clock } = await session.client.query<{ at: string }>('SELECT clock_timestamp()::text AS at')
  let isLate = false
  // statement_timeout does not count for commands of replication.
  const timer = setTimeout(() => {
    isLate = true
    cancelBackend(connection, client).catch(() => undefined)
  }, connection.statementTimeout ?? WAIT_MS)
  try {
    const { rows } = await stoppable({ ...session, client }, () =>
      client.query<{ consistent_point: string; snapshot_name: string }>(command),
    )
    const { consistent_point: lsn = '', snapshot_name: snapshot = '' } = rows[0] ?? {}
    return { at: clock[0]?.at ?? '', lsn, snapshot, close: () => client.end() }
  } catch (thrown) {
    await client.end()
    throw isLate && sqlState(thrown) === '57014' ? await waitedTooLong(place, thrown) : toSlotFailure(thrown, place)
  } finally {
    clearTimeout(timer)
  }
}

const WRITING = `SELECT format('%s: %s since %s', pid, coalesce(nullif(application_name, ''), usename), xact_start) AS words
  FROM pg_stat_activity WHERE backend_xid IS NOT NULL ORDER BY xact_start LIMIT 3`

async function waitedTooLong(place: ReplicationPlace, cause: unknown): Promise<Failure> {
  const client = await connect(place.connection)
  const { rows } = await client.query<{ words: string }>(WRITING).finally(() => client.end())
  return new Failure({
    kind: 'retry',
    code: 'source.slot-waits',
    message: `A snapshot of the source “${place.name}” had to wait too long for transactions that are under way on its server: ${rows.map(({ words }) => words).join('; ')}`,
    hint: 'Run again when they have ended, or raise statement_timeout of this source in pack.yaml.',
    cause,
  })
}
