/** What the server tells the screen while it happens. */
import { z } from 'zod'
import { predictedStepSchema } from '../plan.ts'
import { runStepSchema, runSummarySchema } from '../run.ts'

export const liveEventSchema = z.discriminatedUnion('type', [
  /** A run began, moved or ended: the whole summary, so that a late listener is at once right. */
  z.object({ type: z.literal('run'), run: runSummarySchema }),
  /** A step of a run changed its status. */
  z.object({ type: z.literal('step'), run_id: z.string(), step: runStepSchema }),
  /** Rows carried so far inside one running step; `total` is null where it cannot be known. */
  z.object({ type: z.literal('progress'), run_id: z.string(), job: z.string(), done: z.int(), total: z.int().nullable() }),
  /** A step of a dry run of this process changed its status; null: the dry run as a whole ended. */
  z.object({ type: z.literal('dry-run'), dry_run_id: z.string(), step: predictedStepSchema.nullable() }),
  /** The warehouse was reached or lost. */
  z.object({ type: z.literal('warehouse'), state: z.enum(['online', 'offline']), message: z.string().nullable() }),
  /** Schedules or the inbox of this machine changed. */
  z.object({ type: z.literal('changed'), what: z.enum(['schedules', 'notifications']) }),
  /** A new snapshot took the place of the old one: numbers read from it should be read again. */
  z.object({ type: z.literal('snapshot'), snapshot_id: z.string() }),
])
export type LiveEvent = z.infer<typeof liveEventSchema>
