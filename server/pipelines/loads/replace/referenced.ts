/** Rows that cannot be deleted because other rows refer to them: who, and what to do about it. */
import { Failure } from '../../../../shared/failure.ts'

/** SQLSTATE of a foreign key that forbids a deletion: NO ACTION, and RESTRICT since PostgreSQL 18. */
const STILL_REFERENCED = ['23503', '23001']

/** Deletes rows of the target. Errors: `load.still-referenced`, which names the table that refers to them. */
export async function deleteReferenced<T>(target: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (thrown) {
    if (!(thrown instanceof Failure) || !STILL_REFERENCED.includes(String(thrown.details['sqlstate']))) throw thrown
    const { table, detail } = thrown.details
    const by = typeof table === 'string' ? table : 'another table'
    throw new Failure({
      kind: 'stop',
      code: 'load.still-referenced',
      message: `Rows that are gone at the source cannot be deleted from ${target}, because ${by} still refers to them: ${String(detail ?? thrown.message)}`,
      hint: `First take them out of ${by}: load it from a source that has them no more, or delete its rows. Nothing was changed.`,
      details: thrown.details,
      cause: thrown,
    })
  }
}
