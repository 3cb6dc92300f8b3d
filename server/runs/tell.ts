/** Telling whoever follows a run what changed: each write to the book ends with a message on the channel `quintile_live`. */
import type { LiveEvent } from '../../shared/contract/events.ts'
import type { RunSummary } from '../../shared/run.ts'
import type { Clock } from '../../shared/time.ts'
import type { Session } from '../warehouse/index.ts'
import { STEP_COLUMNS, SUMMARY_COLUMNS, SUMMARY_FROM, toStep, toSummary, type StepRow, type SummaryRow } from './rows.ts'

/** PostgreSQL's channel of live events, one for all processes of a warehouse. */
export const LIVE_CHANNEL = 'quintile_live'

/** A session or the warehouse itself. */
export type Writer = Pick<Session, 'query'>

/** Progress is told at most this often per job; more would be noise and load. */
const PROGRESS_EVERY_MILLISECONDS = 200

/** PostgreSQL refuses longer messages (8,000 bytes), and with them the write that they stand beside. */
const LONGEST_MESSAGE_BYTES = 7_500

/** Characters left of a text in a message that is too long: five such texts of the worst kind (`\u0001`, 6 bytes each) fit. */
const LONGEST_TEXT = 200

/** Cuts what a person may have written at any length; the whole stands in the book. */
function shorten(event: LiveEvent): LiveEvent {
  const cut = <T extends string | null>(text: T): T => (text === null ? text : (text.slice(0, LONGEST_TEXT) as T))
  const brief = <E extends RunSummary['error']>(error: E): E =>
    error === null ? error : { ...error, message: cut(error.message), hint: cut(error.hint), details: {} }
  if (event.type === 'run') return { ...event, run: { ...event.run, request: cut(event.run.request), error: brief(event.run.error) } }
  if (event.type === 'step') {
    const { step } = event
    const watermarks = { watermark_before: cut(step.watermark_before), watermark: cut(step.watermark) }
    return { ...event, step: { ...step, ...watermarks, note: cut(step.note), error: brief(step.error) } }
  }
  return event
}

function toMessage(event: LiveEvent): string {
  const whole = JSON.stringify(event)
  return Buffer.byteLength(whole) <= LONGEST_MESSAGE_BYTES ? whole : JSON.stringify(shorten(event))
}

async function tell(to: Writer, events: readonly LiveEvent[]): Promise<void> {
  await to.query('SELECT pg_notify($1, message) FROM unnest($2::text[]) AS message', [LIVE_CHANNEL, events.map(toMessage)])
}

async function readSummary(to: Writer, runId: string): Promise<RunSummary> {
  const { rows } = await to.query<SummaryRow>(`SELECT ${SUMMARY_COLUMNS} FROM ${SUMMARY_FROM} WHERE r.run_id = $1`, [runId])
  const row = rows[0]
  if (row === undefined) throw new Error(`run ${runId} is not in the run book`)
  return toSummary(row)
}

/** Tells the run as it now stands, and answers with it. Throws when the book does not have it. */
export async function tellRun(to: Writer, runId: string): Promise<RunSummary> {
  const run = await readSummary(to, runId)
  await tell(to, [{ type: 'run', run }])
  return run
}

/** Tells the step as it now stands, and the sums of its run when they moved; nothing when the run has no such job. */
export async function tellStep(to: Writer, { runId, job, andRun }: { runId: string; job: string; andRun: boolean }): Promise<void> {
  const { rows } = await to.query<StepRow>(`SELECT ${STEP_COLUMNS} FROM quintile.run_steps WHERE run_id = $1 AND job = $2`, [runId, job])
  if (rows[0] === undefined) return
  const step: LiveEvent = { type: 'step', run_id: runId, step: toStep(rows[0]) }
  await tell(to, andRun ? [step, { type: 'run', run: await readSummary(to, runId) }] : [step])
}

/** Returns the call that tells how far a job is, in whatever it counts (rows, bytes); most calls say nothing, none waits or throws. */
export function openProgress(to: Writer, clock: Clock) {
  const lastTold = new Map<string, number>()
  return (runId: string, job: string, { done, total }: { done: number; total: number | null }): void => {
    const key = `${runId} ${job}`
    if (clock() - (lastTold.get(key) ?? 0) < PROGRESS_EVERY_MILLISECONDS) return
    lastTold.set(key, clock())
    // Progress is a courtesy: a lost line must not fail the work.
    tell(to, [{ type: 'progress', run_id: runId, job, done, total }]).catch(() => undefined)
  }
}
