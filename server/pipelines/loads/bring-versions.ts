/**
 * Surrogate keys for staged rows that do not bring them: SQL that runs in another database cannot join the histories of the
 * warehouse. They are put in while the rows are staged, so that each row of the target is written once.
 */
import { quoteIdentifier, quoteList, quoteQualified, type Session } from '../../warehouse/index.ts'
import type { VersionReference } from '../job-keys.ts'
import type { Job } from '../load-kinds.ts'
import { STAGING } from '../staging-table.ts'
import { asHeld, columnsOf, sharedColumns, type SharedColumn } from './columns.ts'

type VersionedJob = Pick<Job, 'target' | 'versions'>

/** References that staged rows with these columns do not bring, though they have what is needed to find them. */
export function versionsToBring({ versions }: VersionedJob, staged: readonly string[]): VersionReference[] {
  return versions.filter(
    ({ column, at, on }) => !staged.includes(column) && [at, ...Object.values(on)].every((name) => staged.includes(name)),
  )
}

/** Adds the missing columns to staging, each with the version valid at the row's time. */
export async function bringVersions(session: Session, job: VersionedJob): Promise<void> {
  if (job.versions.length === 0) return
  const staged = await columnsOf(session, STAGING)
  const references = versionsToBring(job, staged)
  if (references.length === 0) return
  const columns = new Map((await sharedColumns(session, { target: job.target, batch: STAGING })).map((column) => [column.name, column]))
  const found = references.map((reference, index) => joinOf(reference, columns, `v${String(index)}`))
  // Under its own name staging_row is an identity column, which columnsOf leaves out.
  const list = quoteList([...staged.filter((name) => name !== 'staging_row'), 'staging_row'], 's')
  await session.script(`
    ALTER TABLE ${STAGING} RENAME TO staged_without_versions;
    CREATE TEMP TABLE staging ON COMMIT DROP AS
    SELECT ${list}, ${found.map(({ value }) => value).join(', ')} FROM pg_temp.staged_without_versions s ${found.map(({ join }) => join).join(' ')};
    DROP TABLE pg_temp.staged_without_versions`)
}

function joinOf(
  { column, dimension, at, on, key = column, unknown }: VersionReference,
  columns: ReadonlyMap<string, SharedColumn>,
  alias: string,
): { value: string; join: string } {
  const held = (name: string): string => {
    const shared = columns.get(name)
    return shared === undefined ? `s.${quoteIdentifier(name)}` : asHeld(shared, 's')
  }
  const same = Object.entries(on).map(([theirs, ours]) => `${alias}.${quoteIdentifier(theirs)} = ${held(ours)}`)
  const sk = `${alias}.${quoteIdentifier(key)}`
  return {
    value: `${unknown === undefined ? sk : `coalesce(${sk}, ${String(unknown)})`} AS ${quoteIdentifier(column)}`,
    join: `LEFT JOIN ${quoteQualified(dimension)} ${alias} ON ${same.join(' AND ')}
      AND ${alias}.effective_from <= ${held(at)} AND ${held(at)} < ${alias}.effective_to`,
  }
}
