/** What a person may do with a run that is not the one they are in any more: the same again, or only what went wrong. Pure. */
import { runOptionsSchema, type RunOptions } from '../../shared/plan.ts'
import type { RunDetail } from '../../shared/run.ts'

const UNDONE = new Set<RunDetail['status']>(['failed', 'skipped', 'cancelled'])

/** The options that it was asked for with; null where it was no run of jobs or is too old to know. */
export function optionsOf({ kind, arguments: known }: Pick<RunDetail, 'kind' | 'arguments'>): RunOptions | null {
  return kind === 'pipeline' ? (runOptionsSchema.safeParse(known).data ?? null) : null
}

/** Steps that a retry would take up. */
export function undoneSteps({ kind, ended_at, steps }: Pick<RunDetail, 'kind' | 'ended_at' | 'steps'>): string[] {
  if (kind !== 'pipeline' || ended_at === null) return []
  return steps.filter(({ status }) => UNDONE.has(status)).map(({ job }) => job)
}

/** Who asked the run to stop, and when; null where nobody did. */
export function cancelRequest({
  events,
  cancel_requested_at,
}: Pick<RunDetail, 'events' | 'cancel_requested_at'>): { by: string; at: string } | null {
  const event = events.find(({ kind }) => kind === 'cancel.requested')
  const at = event?.at ?? cancel_requested_at
  if (at === null) return null
  const by = event?.detail['by']
  return { by: typeof by === 'string' ? by : 'Somebody', at }
}
