/** What a run needs of the server beyond tables: each is tried, not looked up. */
import { setTimeout as pause } from 'node:timers/promises'
import type pg from 'pg'
import { toFailure } from '../../../shared/failure.ts'
import { toWarehouseFailure } from '../sqlstate.ts'
import { failed, ok, type Diagnosis } from './diagnosis.ts'

/** Two connections, since one cannot see its own locks refused nor cancel itself. */
export interface Pair {
  first: pg.Client
  second: pg.Client
}

const PATIENCE_MILLISECONDS = 5_000
/** A key that no lease has: leases use two keys. */
const PROBE_LOCK = '5859551212340017'
const POOLER = 'A pooler in transaction mode is in between? Connect to the server itself, or use session mode.'

const words = (thrown: unknown): string => toFailure(toWarehouseFailure(thrown)).message

/** A temporary table can be made: batches are staged in one. */
export async function checkTempTables({ first }: Pair): Promise<Diagnosis> {
  try {
    await first.query('BEGIN; CREATE TEMP TABLE quintile_doctor (probe integer) ON COMMIT DROP; ROLLBACK')
    return ok('temp-tables', 'May create temporary tables')
  } catch (thrown) {
    await first.query('ROLLBACK').catch(() => undefined)
    const { rows } = await first.query<{ sql: string }>(
      `SELECT format('GRANT TEMPORARY ON DATABASE %I TO %I;', current_database(), current_user) AS sql`,
    )
    return failed('temp-tables', `May not create temporary tables: ${words(thrown)}`, { grant: rows[0]?.sql })
  }
}

/** An advisory lock outlives its statement and keeps others out: leases and migrations stand on it. */
export async function checkAdvisoryLocks({ first, second }: Pair): Promise<Diagnosis> {
  try {
    await first.query(`SELECT pg_advisory_lock(${PROBE_LOCK})`)
    const { rows: held } = await first.query<{ count: number }>(
      `SELECT count(*)::int AS count FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()`,
    )
    const { rows: refused } = await second.query<{ got: boolean }>(`SELECT pg_try_advisory_lock(${PROBE_LOCK}) AS got`)
    if (refused[0]?.got === true) await second.query(`SELECT pg_advisory_unlock(${PROBE_LOCK})`)
    await first.query(`SELECT pg_advisory_unlock(${PROBE_LOCK})`)
    if ((held[0]?.count ?? 0) > 0 && refused[0]?.got === false) return ok('advisory-locks', 'Advisory locks keep others out')
    return failed('advisory-locks', 'Advisory locks do not last from one statement to the next', { hint: POOLER })
  } catch (thrown) {
    return failed('advisory-locks', `Advisory locks do not work: ${words(thrown)}`, { hint: POOLER })
  }
}

/** A statement can be stopped from another connection: that is how a run is cancelled. */
export async function checkCancel({ first, second }: Pair): Promise<Diagnosis> {
  const { rows } = await first.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')
  let outcome: 'waits' | 'ended' | 'cancelled' = 'waits'
  const sleeping = first.query(`SELECT pg_sleep(${String(PATIENCE_MILLISECONDS / 1000)})`).then(
    () => (outcome = 'ended'),
    () => (outcome = 'cancelled'),
  )
  try {
    // Asked again until it takes: the statement may not have begun at the first time.
    while ((outcome as string) === 'waits') {
      await second.query('SELECT pg_cancel_backend($1)', [rows[0]?.pid])
      await Promise.race([sleeping, pause(20)])
    }
  } catch (thrown) {
    await sleeping
    return failed('cancel', `May not stop a statement of its own: ${words(thrown)}`, { hint: POOLER })
  }
  await sleeping
  if ((outcome as string) === 'cancelled') return ok('cancel', 'A statement can be stopped (pg_cancel_backend)')
  return failed('cancel', 'A statement could not be stopped (pg_cancel_backend)', { hint: POOLER })
}

/** A message reaches who listens: the screen follows runs of other programs by it. */
export async function checkListen({ first, second }: Pair): Promise<Diagnosis> {
  const channel = `quintile_doctor_${crypto.randomUUID().replaceAll('-', '')}`
  const stop = new AbortController()
  const heard = new Promise<boolean>((resolve) => {
    first.on('notification', (message) => message.channel === channel && resolve(true))
    pause(PATIENCE_MILLISECONDS, false, { signal: stop.signal }).then(resolve, () => undefined)
  })
  try {
    await first.query(`LISTEN ${channel}`)
    await second.query('SELECT pg_notify($1, $2)', [channel, 'probe'])
    if (await heard) return ok('listen', 'Messages arrive (LISTEN and NOTIFY)')
    return failed('listen', 'A message did not arrive (LISTEN and NOTIFY)', { hint: POOLER })
  } catch (thrown) {
    return failed('listen', `LISTEN does not work: ${words(thrown)}`, { hint: POOLER })
  } finally {
    stop.abort()
    await first.query(`UNLISTEN ${channel}`).catch(() => undefined)
  }
}
