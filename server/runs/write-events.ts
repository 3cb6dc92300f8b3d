/** Events: what happened in a run, for programs. Each stands exactly when what it tells of stands. */
import type { RunEventKind } from '../../shared/run.ts'
import { storable, toStoredJson } from './storable.ts'
import type { Writer } from './tell.ts'

/** One event; `job` is left out where it is about the run as a whole. */
export interface NewEvent {
  kind: RunEventKind
  job?: string | null | undefined
  detail?: Record<string, unknown> | undefined
}

/** Appends events in their order. `at` is ISO 8601 in UTC. */
export async function writeEvents(to: Writer, { runId, at }: { runId: string; at: string }, events: readonly NewEvent[]): Promise<void> {
  if (events.length === 0) return
  await to.query(
    `INSERT INTO quintile.run_events (run_id, at, kind, job, detail)
     SELECT $1, $2, kind, job, detail::jsonb FROM unnest($3::text[], $4::text[], $5::text[]) WITH ORDINALITY AS t(kind, job, detail, place) ORDER BY place`,
    [
      ...[runId, at],
      events.map(({ kind }) => kind),
      events.map(({ job }) => (job === undefined || job === null ? null : storable(job))),
      events.map(({ detail = {} }) => toStoredJson(detail)),
    ],
  )
}
