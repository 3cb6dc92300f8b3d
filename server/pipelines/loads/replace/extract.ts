/** What an extract must be before a target may be made equal to it: whole, and not empty by accident. */
import { z } from 'zod'
import { Failure, mistake } from '../../../../shared/failure.ts'
import { quoteQualified, type Session } from '../../../warehouse/index.ts'
import type { JobIdentity } from '../../job-keys.ts'
import type { LoadMode } from '../../load-kind.ts'

export const emptyKey = {
  /** What an extract without any row does to a target that has some: `allow` lets it empty the target. */
  empty: z.enum(['refuse', 'allow']).default('refuse'),
}

/** Refuses a part of the rows where all are needed. Errors: `load.partial-extract`. */
export function requireWhole({ extent }: Pick<LoadMode, 'extent'>, { file }: Pick<JobIdentity, 'file'>): void {
  if (extent === 'full') return
  throw mistake(
    'load.partial-extract',
    `${file} makes its target equal to the extract, but this extract is only a part of the source’s rows`,
    'Take “:since” out of the SQL, run without --since, or declare “kind: merge”, which leaves rows alone that are not in the extract.',
  )
}

export interface EmptyExtract {
  target: string
  rows: number
  empty: 'refuse' | 'allow'
}

/** Keeps an extract without rows from emptying a target that has some. Errors: `load.empty-extract`. */
export async function refuseEmpty(session: Session, { target, rows, empty }: EmptyExtract): Promise<void> {
  if (rows > 0 || empty === 'allow' || !(await hasRows(session, target))) return
  throw new Failure({
    kind: 'stop',
    code: 'load.empty-extract',
    message: `The extract has no row to load, and ${target} has some: it was left as it is`,
    hint: 'Look at the source, at the SQL and at the rejects. Where an empty extract is right, declare “empty: allow” in the job.',
  })
}

/** True when the table has at least one row. */
export async function hasRows(session: Session, target: string): Promise<boolean> {
  return (await session.query(`SELECT 1 FROM ${quoteQualified(target)} LIMIT 1`)).rows.length > 0
}

/** Rows of this step that were rejected so far. */
export async function keptOut(session: Session, { runId, job }: { runId: string; job: string }): Promise<number> {
  const { rows } = await session.query<{ n: string }>('SELECT count(*)::text AS n FROM quintile.rejects WHERE run_id = $1 AND job = $2', [
    runId,
    job,
  ])
  return Number(rows[0]?.n ?? 0)
}
