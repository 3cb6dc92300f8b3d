/** Rows that a check kept out are still at the source: their keys must not be taken for gone. */
import { quoteList, type Session } from '../../warehouse/index.ts'
import { STAGING } from '../staging-table.ts'

export interface Spared {
  /** Temporary table of the keys; none when no row was rejected. */
  table?: string
  /** True when a rejected piece of input is no row, or there are too many to look at. */
  isUnreadable: boolean
}

/** So many rejects are looked at one by one; with more, something is wrong with the extract as a whole. */
const MOST = 10_000

/** Finds the keys of the rows that this step rejected. */
export async function spareRejected(session: Session, step: { runId: string; job: string; key: readonly string[] }): Promise<Spared> {
  const { rows } = await session.query<{ text: string }>(
    'SELECT row_text AS text FROM quintile.rejects WHERE run_id = $1 AND job = $2 LIMIT $3',
    [step.runId, step.job, MOST + 1],
  )
  if (rows.length === 0) return { isUnreadable: false }
  const texts = rows.map((row) => row.text)
  if (texts.length > MOST || !texts.every(isRow)) return { isUnreadable: true }
  const key = quoteList(step.key)
  await session.script(`CREATE TEMP TABLE spared ON COMMIT DROP AS SELECT ${key} FROM ${STAGING} WHERE false`)
  await session.query(
    `INSERT INTO pg_temp.spared SELECT ${quoteList(step.key, 'r')}
     FROM unnest($1::text[]) AS t(line), jsonb_populate_record(NULL::${STAGING}, t.line::jsonb) AS r`,
    [texts],
  )
  return { table: 'pg_temp.spared', isUnreadable: false }
}

/** True for a row of staging, kept as JSON; a line of a file or a piece of an answer is kept as it came. */
function isRow(text: string): boolean {
  try {
    const row: unknown = JSON.parse(text)
    // PostgreSQL's jsonb takes every text but the zero character.
    return typeof row === 'object' && row !== null && !Array.isArray(row) && !text.includes('\\u0000')
  } catch {
    return false
  }
}
