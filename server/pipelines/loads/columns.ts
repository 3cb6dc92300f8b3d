import { mistake } from '../../../shared/failure.ts'
import { suggest } from '../../../shared/nearest.ts'
import type { Session } from '../../warehouse/index.ts'

const OF_TABLE = `
  SELECT attname AS name FROM pg_attribute
  WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped AND attidentity <> 'a' AND attgenerated = ''
  ORDER BY attnum`

/** Column names of a table in its order, without those that the database fills itself; empty when it does not exist. */
export async function columnsOf(session: Session, table: string): Promise<string[]> {
  const { rows } = await session.query<{ name: string }>(OF_TABLE, [table])
  return rows.map((row) => row.name)
}

/**
 * The batch's columns that the target has too; the others (watermark, effective time) only steer the load.
 * Errors: `load.no-target` and `load.no-column-in-common`.
 */
export async function targetColumns(session: Session, { target, batch }: { target: string; batch: string }): Promise<string[]> {
  const inTarget = await columnsOf(session, target)
  if (inTarget.length === 0) {
    throw mistake(
      'load.no-target',
      `The target table ${target} does not exist`,
      'Run “quintile warehouse upgrade”, or correct “target” in the job.',
    )
  }
  const inBatch = await columnsOf(session, batch)
  const both = inBatch.filter((name) => inTarget.includes(name))
  if (both.length === 0)
    throw mistake('load.no-column-in-common', `The job’s SQL gives no column of ${target}`, `Its columns are ${inTarget.join(', ')}.`)
  return both
}

/** Refuses a declared column that the batch does not have. */
export function requireColumns(declared: readonly string[], batch: readonly string[], where: string): void {
  const missing = declared.find((name) => !batch.includes(name))
  if (missing !== undefined)
    throw mistake('load.no-column', `${where} names “${missing}”, which the job’s SQL does not give`, suggest(missing, batch))
}
