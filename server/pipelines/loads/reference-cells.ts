/** Gives the cells of a reference file the types of the target's columns; lines with a cell that does not fit are rejected, whole. */
import { toFailure } from '../../../shared/failure.ts'
import type { Finding } from '../checks/outcome.ts'
import { quoteIdentifier, quoteList, quoteLiteral, type Session } from '../../warehouse/index.ts'
import type { Filled } from '../load-kind.ts'
import { sharedColumns, type SharedColumn } from './columns.ts'
import { LINES, type LinesRead } from './reference-file.ts'

export interface LinesToCast {
  lines: LinesRead
  job: { name: string; target: string }
  runId: string
}

/** Makes staging out of the lines; the line's number is its `staging_row`. */
export async function castLines(session: Session, { lines, job, runId }: LinesToCast): Promise<Filled> {
  const columns = await sharedColumns(session, { target: job.target, batch: LINES })
  await session.query(
    `INSERT INTO quintile.rejects (run_id, job, row_number, reason, row_text)
     SELECT $1, $2, number, reason, text FROM unnest($3::bigint[], $4::text[], $5::text[]) AS r(number, reason, text)`,
    [runId, job.name, lines.broken.map(({ line }) => line), lines.broken.map(({ reason }) => reason), lines.broken.map(({ text }) => text)],
  )
  const types = columns.map(({ name, type }) => `${quoteIdentifier(name)} ${type}`).join(', ')
  await session.script(`CREATE TEMP TABLE staging (${types}, staging_row bigint) ON COMMIT DROP`)
  const isRight = await tryAll(session, columns)
  const misfits = isRight ? [] : await rejectMisfits(session, columns, { runId, job: job.name })
  if (!isRight) await insertCast(session, columns)
  const findings = countReasons([...lines.broken.map(({ reason }) => reason), ...misfits])
  return { read: lines.read, rejected: lines.broken.length + misfits.length, findings }
}

function countReasons(reasons: readonly string[]): Finding[] {
  const counts = new Map<string, number>()
  for (const reason of reasons) counts.set(reason, (counts.get(reason) ?? 0) + 1)
  return [...counts].map(([reason, rows]) => ({ reason, rows, severity: 'error' }))
}

/** Lengths are left to the assignment: an explicit cast would cut the value off. */
async function insertCast(session: Session, columns: readonly SharedColumn[]): Promise<void> {
  const cells = columns.map(({ name, type, cuts }) => (cuts ? quoteIdentifier(name) : `${quoteIdentifier(name)}::${type}`))
  await session.query(
    `INSERT INTO pg_temp.staging (${quoteList(columns.map(({ name }) => name))}, staging_row) SELECT ${cells.join(', ')}, line_number FROM ${LINES}`,
  )
}

/** Most files are right: all at once, and cell by cell only when that fails. */
async function tryAll(session: Session, columns: readonly SharedColumn[]): Promise<boolean> {
  await session.script('SAVEPOINT all_cells')
  try {
    await insertCast(session, columns)
    await session.script('RELEASE SAVEPOINT all_cells')
    return true
  } catch (thrown) {
    if (toFailure(thrown).code !== 'warehouse.bad-value') throw thrown
    await session.script('ROLLBACK TO SAVEPOINT all_cells')
    return false
  }
}

/** PostgreSQL has had a function that says whether a text fits a type only since version 16, and that one cuts off as a cast does. */
const WHY_NOT = `
  CREATE FUNCTION pg_temp.why_not(value text, type text, named text, longest integer) RETURNS text LANGUAGE plpgsql AS $$
  BEGIN
    IF char_length(value) > longest THEN RETURN format('%s is longer than %s characters', named, longest); END IF;
    EXECUTE format('SELECT CAST(%L AS %s)', value, type);
    RETURN NULL;
  EXCEPTION WHEN OTHERS THEN RETURN format('%s is not a valid %s', named, type);
  END $$`

/** Takes the lines out that have a misfit; answers with the reason of each. */
async function rejectMisfits(
  session: Session,
  columns: readonly SharedColumn[],
  { runId, job }: { runId: string; job: string },
): Promise<string[]> {
  await session.script(WHY_NOT)
  const reasons = columns.map((column) => {
    const { name, type } = column
    return `pg_temp.why_not(${quoteIdentifier(name)}, ${quoteLiteral(type)}, ${quoteLiteral(name)}, ${String(longest(column) ?? 'NULL')})`
  })
  const { rows } = await session.query<{ reason: string }>(
    `WITH judged AS (SELECT line_number AS n, concat_ws('; ', ${reasons.join(', ')}) AS reason FROM ${LINES}),
       bad AS (DELETE FROM ${LINES} l USING judged j WHERE j.n = l.line_number AND j.reason <> '' RETURNING l.line_number, j.reason, l.line_text)
     INSERT INTO quintile.rejects (run_id, job, row_number, reason, row_text)
     SELECT $1, $2, line_number, reason, line_text FROM bad ORDER BY line_number RETURNING reason`,
    [runId, job],
  )
  await session.script('DROP FUNCTION pg_temp.why_not')
  return rows.map(({ reason }) => reason)
}

/** Characters that the type holds; null where it sets no limit. */
function longest({ type, cuts }: SharedColumn): number | null {
  const limit = cuts ? /\((\d+)\)/.exec(type)?.[1] : undefined
  return limit === undefined ? null : Number(limit)
}
