/** The tables: whether they are current, edited or changed by hand. */
import { toFailure } from '../../../shared/failure.ts'
import { checkDrift } from '../catalogue/index.ts'
import { readOnlyReason, type MigrationState } from '../migrations/index.ts'
import type { Session } from '../session.ts'
import { failed, ok, skipped, warning, type Diagnosis } from './diagnosis.ts'

/** Pending, unknown and edited migrations. */
export function checkMigrations(states: readonly MigrationState[], codeVersion: string): Diagnosis[] {
  const pending = states.flatMap((state) => state.pending.map((name) => `${state.set} ${name}`))
  const edited = states.flatMap((state) => state.edited.map((name) => `${state.set} ${name}`))
  const reason = readOnlyReason(states, codeVersion)
  const current =
    reason !== null
      ? failed('migrations', reason, { hint: 'Update Quintile, or the workspace’s copy of the pack.' })
      : pending.length > 0
        ? failed('migrations', `${String(pending.length)} migrations are pending: ${pending.join(', ')}`, {
            hint: 'quintile warehouse upgrade',
          })
        : ok('migrations', 'All migrations are applied')
  if (edited.length === 0) return [current]
  return [
    current,
    warning('edited-files', `Files of applied migrations were edited: ${edited.join(', ')}`, { hint: 'quintile warehouse history' }),
  ]
}

const SHOWN = 3

/** A summary; `warehouse check` tells all of it. */
export async function checkTables(session: Session, sets: readonly string[]): Promise<Diagnosis> {
  try {
    const { drift } = await checkDrift(session, sets)
    if (drift.length === 0) return ok('drift', 'The tables are as the migrations made them')
    const names = drift.slice(0, SHOWN).map((one) => one.object)
    return warning('drift', `${String(drift.length)} parts were changed by hand: ${names.join(', ')}${drift.length > SHOWN ? ', …' : ''}`, {
      hint: 'quintile warehouse check',
    })
  } catch (thrown) {
    return skipped('drift', toFailure(thrown).message)
  }
}
