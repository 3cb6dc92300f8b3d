/** Staging filled with rows that were kept out before, for a replay. */
import { quoteIdentifier, type Session } from '../warehouse/index.ts'
import type { Job } from './load-kinds.ts'
import type { RejectOrigin } from './step.ts'

/** Fills staging from kept-out rows: types are the target's, or what JSON says; marks them as replayed by this run. */
export async function stageRejects(session: Session, { job, runId }: { job: Job; runId: string }, origin: RejectOrigin): Promise<number> {
  const columns = await columnsOfRejects(session, job, origin)
  const list = columns.map(({ name, type }) => `${quoteIdentifier(name)} ${type}`).join(', ')
  const names = columns.map(({ name }) => quoteIdentifier(name)).join(', ')
  await session.script(`CREATE TEMP TABLE staging (${list}, staging_row bigint GENERATED ALWAYS AS IDENTITY) ON COMMIT DROP`)
  const { count } = await session.query(
    `INSERT INTO pg_temp.staging (${names}) SELECT ${names
      .split(', ')
      .map((name) => `r.${name}`)
      .join(', ')}
     FROM quintile.rejects j CROSS JOIN LATERAL jsonb_to_record(j.row_text::jsonb || coalesce($2::jsonb -> j.reject_id::text, '{}')) AS r(${list})
     WHERE j.reject_id = ANY($1::bigint[]) ORDER BY j.reject_id`,
    [origin.ids, JSON.stringify(origin.mended)],
  )
  await session.query('UPDATE quintile.rejects SET replayed_run_id = $2, replayed_at = now() WHERE reject_id = ANY($1::bigint[])', [
    origin.ids,
    runId,
  ])
  return count
}

async function columnsOfRejects(session: Session, job: Job, { ids, mended }: RejectOrigin): Promise<{ name: string; type: string }[]> {
  const { rows } = await session.query<{ name: string; json: string | null; type: string | null }>(
    `SELECT e.key AS name, max(jsonb_typeof(e.value)) FILTER (WHERE jsonb_typeof(e.value) <> 'null') AS json,
       (SELECT format_type(a.atttypid, a.atttypmod) FROM pg_attribute a WHERE a.attrelid = to_regclass($3) AND a.attname = e.key AND NOT a.attisdropped) AS type
     FROM quintile.rejects j, jsonb_each(j.row_text::jsonb || coalesce($2::jsonb -> j.reject_id::text, '{}')) AS e
     WHERE j.reject_id = ANY($1::bigint[]) GROUP BY e.key ORDER BY e.key`,
    [ids, JSON.stringify(mended), job.target],
  )
  const times = new Set(['effective' in job ? job.effective : undefined, job.data_as_of])
  const ofJson: Record<string, string> = { number: 'numeric', boolean: 'boolean', object: 'jsonb', array: 'jsonb' }
  return rows.map(({ name, json, type }) => ({ name, type: type ?? (times.has(name) ? 'timestamptz' : (ofJson[json ?? ''] ?? 'text')) }))
}
