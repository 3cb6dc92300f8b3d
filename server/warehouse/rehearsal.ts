/**
 * A rehearsal: a transaction in which everything may be tried and nothing can be kept. It holds two rows that a deferred
 * unique constraint forbids, so that even a COMMIT by mistake would be refused by PostgreSQL and rolled back.
 */
import type { Warehouse } from './index.ts'
import { LOCK_SPACE } from './leases.ts'
import type { Session } from './session.ts'
import { Failure } from '../../shared/failure.ts'

const POISON = `
  CREATE TEMP TABLE rehearsal_cannot_commit (once integer UNIQUE DEFERRABLE INITIALLY DEFERRED) ON COMMIT DROP;
  INSERT INTO rehearsal_cannot_commit VALUES (1), (1)`

/** Long enough for a short lock of somebody's, short enough not to stand in the way of a load that waits behind us. */
const LOCK_TIMEOUT = '5s'

interface SequenceState {
  name: string
  last_value: string
  is_called: boolean
}

/**
 * Lends a session whose work is rolled back, whatever happens. Sequences, which no rollback reaches, are set back.
 * @param locks names whose leases are held for the time; unlike a run's they leave no row
 * @param tables whose own sequences are set back at the end
 * Errors: `lease.held` when a run works on one of the names.
 */
export async function rehearse<T>(
  warehouse: Warehouse,
  { locks, tables }: { locks: readonly string[]; tables: readonly string[] },
  work: (session: Session) => Promise<T>,
): Promise<T> {
  return warehouse.withSession(async (session) => {
    await session.query('BEGIN')
    try {
      await session.query(`SET LOCAL lock_timeout = '${LOCK_TIMEOUT}'`)
      await lockNames(session, locks)
      await session.script(POISON)
      const sequences = await sequencesOf(session, tables)
      await session.query('SAVEPOINT rehearsal')
      try {
        return await work(session)
      } finally {
        // Back before the work first: after a failed statement PostgreSQL takes no other.
        await session
          .query('ROLLBACK TO SAVEPOINT rehearsal')
          .then(() => setBack(session, sequences))
          .catch(() => undefined)
      }
    } finally {
      // A lost connection has rolled back by itself.
      await session.query('ROLLBACK').catch(() => undefined)
    }
  })
}

async function lockNames(session: Session, names: readonly string[]): Promise<void> {
  const { rows } = await session.query<{ name: string; got: boolean }>(
    `SELECT name, pg_try_advisory_xact_lock(${String(LOCK_SPACE)}, hashtext(name)) AS got FROM unnest($1::text[]) AS name ORDER BY name`,
    [[...names].sort()],
  )
  const taken = rows.find((row) => !row.got)
  if (taken === undefined) return
  throw new Failure({
    kind: 'retry',
    code: 'lease.held',
    message: `“${taken.name}” is in use by a run`,
    hint: 'Wait until that run has ended; “quintile runs list” shows it.',
    details: { job: taken.name },
  })
}

/** Sequences that belong to columns of the tables, as they stand; read without touching them. */
async function sequencesOf(session: Session, tables: readonly string[]): Promise<SequenceState[]> {
  const { rows } = await session.query<{ name: string }>(
    `SELECT d.objid::regclass::text AS name FROM pg_depend d JOIN pg_class s ON s.oid = d.objid AND s.relkind = 'S'
     WHERE d.deptype IN ('a', 'i') AND d.refobjid IN (SELECT to_regclass(t) FROM unnest($1::text[]) AS t)`,
    [tables],
  )
  const states: SequenceState[] = []
  for (const { name } of rows) {
    const state = await session.query<Omit<SequenceState, 'name'>>(`SELECT last_value::text, is_called FROM ${name}`)
    if (state.rows[0] !== undefined) states.push({ name, ...state.rows[0] })
  }
  return states
}

/** `setval` outlives the rollback, as `nextval` does; nobody else draws from them while the locks are held. */
async function setBack(session: Session, sequences: readonly SequenceState[]): Promise<void> {
  for (const { name, last_value, is_called } of sequences) {
    await session.query('SELECT setval($1::regclass, $2::bigint, $3)', [name, last_value, is_called])
  }
}
