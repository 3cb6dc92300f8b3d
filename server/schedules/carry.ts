/**
 * Carrying out ticks that this machine holds: look whether the connections work, start the run, wait for its end, write
 * down what came of it. While it lasts the claim is renewed, so that the other machines know that we live.
 */
import { toFailure, type Failure } from '../../shared/failure.ts'
import type { RunSummary } from '../../shared/run.ts'
import type { Schedule } from '../../shared/schedule.ts'
import { toIso } from '../../shared/time.ts'
import type { ReadSchedule } from './files.ts'
import { openHands, type End, type Hands } from './hands.ts'
import type { Held, Ledger } from './ledger.ts'
import type { Occurrence } from './notifications/occurrence.ts'
import type { Timers } from './timers.ts'

/** What a schedule asks the pipelines to run. */
export interface ScheduledRun {
  jobs: readonly string[]
  arguments: Schedule['arguments']
}

/** One connection that a run would need. */
export interface HealthLine {
  name: string
  ok: boolean
  message: string
}

/** The rest of the product, as far as a tick needs it. */
export interface CarryNeeds {
  ledger: Ledger
  timers: Timers
  /**
   * Starts a run; resolves when it is planned. `done` resolves with the run as it ended, also a failed one, and rejects
   * when it could not begin (`lease.held`) or could not be recorded.
   */
  startRun(
    run: ScheduledRun & { schedule: string | null; request: string; signal: AbortSignal },
  ): Promise<{ runId: string; done: Promise<RunSummary> }>
  health(run: ScheduledRun): Promise<HealthLine[]>
  onRunEnded(run: RunSummary): Promise<void>
  tell(occurrence: Occurrence): Promise<void>
  /** The tick was given back, because of this; it is tried again. */
  onPutOff(schedule: string, reason: string): void
  /** A tick ended: others may wait for it. */
  onEnded(): void
  log(thrown: unknown): void
}

/** Waits before the second and later looks at connections that failed: a network needs a moment after waking. */
const HEALTH_WAITS_MILLISECONDS = [10_000, 30_000, 60_000]

/** One tick in hand. */
interface Task {
  read: ReadSchedule
  held: Held
  /** Aborted when this process ends. */
  signal: AbortSignal
}

/** What cannot be reached now is a line too; what is wrong with the schedule itself is thrown. */
async function lookAtHealth({ health }: CarryNeeds, run: ScheduledRun): Promise<HealthLine[]> {
  try {
    return (await health(run)).filter(({ ok }) => !ok)
  } catch (thrown) {
    const { kind, message } = toFailure(thrown)
    if (kind !== 'retry') throw thrown
    return [{ name: 'health check', ok: false, message }]
  }
}

/** Looks at the connections with some patience; answers with those that cannot be used, none when a run may start. */
async function findSick(needs: CarryNeeds, run: ScheduledRun, signal: AbortSignal): Promise<HealthLine[]> {
  for (const wait of HEALTH_WAITS_MILLISECONDS) {
    const sick = await lookAtHealth(needs, run)
    if (sick.length === 0 || signal.aborted) return sick
    await new Promise<void>((resolve) => {
      const stop = needs.timers.after(wait, resolve)
      signal.addEventListener('abort', () => (stop(), resolve()), { once: true })
    })
  }
  return lookAtHealth(needs, run)
}

/** The tick from the first look at the connections to the end of its run. */
async function runTick(needs: CarryNeeds, hands: Hands, { read, held, signal }: Task): Promise<void> {
  const { schedule, name } = read
  const run: ScheduledRun = { jobs: schedule.jobs, arguments: schedule.arguments }
  const sick = schedule.health_check ? await findSick(needs, run, signal) : []
  if (signal.aborted) return hands.release(held)
  if (sick.length > 0) {
    await hands.finish(held, { outcome: 'failed', run_id: null, note: sick.map((line) => `${line.name}: ${line.message}`).join('; ') })
    return needs.tell(sickOccurrence(read, held, sick))
  }
  const started = await needs.startRun({ ...run, schedule: name, request: `schedule ${name}, due ${toIso(held.due)}`, signal })
  // Known early, so that a machine that takes over can look up how the run ended.
  await needs.ledger.begin(held, started.runId).catch(needs.log)
  const ended = await started.done
  if (ended.status === 'cancelled' && signal.aborted) return hands.release(held)
  await hands.finish(held, endOf(ended))
  await needs.onRunEnded(ended)
}

async function runOrTell(needs: CarryNeeds, hands: Hands, task: Task): Promise<void> {
  const { read, held, signal } = task
  try {
    await runTick(needs, hands, task)
  } catch (thrown) {
    const failure = toFailure(thrown)
    if (signal.aborted || failure.kind === 'retry') {
      await hands.release(held)
      return needs.onPutOff(read.name, failure.message)
    }
    await hands.finish(held, { outcome: 'failed', run_id: null, note: `${failure.code}: ${failure.message}` })
    await needs.tell(refusedOccurrence(read, held, failure))
  }
}

/** Opens what carries out the ticks of this process. */
export function openCarrier(needs: CarryNeeds) {
  const hands = openHands(needs.ledger, needs.log)
  const underWay = new Set<Promise<void>>()
  const stopping = new AbortController()
  const { signal } = stopping
  const carryAll = async (read: ReadSchedule, ticks: readonly Held[]): Promise<void> => {
    for (const held of ticks) await (signal.aborted ? hands.release(held) : runOrTell(needs, hands, { read, held, signal }))
  }
  return {
    /** Takes them in hand, oldest first, one after the other; returns at once. */
    carry: (read: ReadSchedule, ticks: readonly Held[]): void => {
      ticks.forEach(hands.take)
      const work = carryAll(read, ticks)
        .catch(needs.log)
        .finally(() => {
          underWay.delete(work)
          needs.onEnded()
        })
      underWay.add(work)
    },
    holds: hands.holds,
    renew: hands.renew,
    /** Resolves when nothing is under way. */
    settled: async (): Promise<void> => {
      while (underWay.size > 0) await Promise.all(underWay)
    },
    /** Cancels what runs; its ticks go back, for this machine’s next start or for another one. */
    stop: async (): Promise<void> => {
      stopping.abort()
      await Promise.all(underWay)
    },
  }
}

export type Carrier = ReturnType<typeof openCarrier>

function endOf({ run_id, status, error }: RunSummary): End {
  if (status === 'succeeded' || status === 'warning') return { outcome: 'ran', run_id, note: null }
  return { outcome: 'failed', run_id, note: status === 'cancelled' ? 'the run was cancelled' : (error?.message ?? 'the run failed') }
}

function aboutTick({ name, schedule }: ReadSchedule, { due }: Held) {
  return {
    ...{ kind: 'failure' as const, severity: 'error' as const, occasion: `${name}@${toIso(due)}`, schedule: name },
    ...{ run_id: null, job: null, check: null, notify: schedule.notify, owner: schedule.owner ?? null },
  }
}

function sickOccurrence(read: ReadSchedule, held: Held, sick: readonly HealthLine[]): Occurrence {
  return {
    ...aboutTick(read, held),
    cause: `schedule:${read.name}:schedule.unhealthy:${sick.map((line) => line.name).join('+')}`,
    title: `“${read.schedule.title}” did not run: ${sick.map((line) => line.name).join(', ')} cannot be used`,
    body: `Due ${toIso(held.due)}.\n${sick.map((line) => `${line.name}: ${line.message}`).join('\n')}`,
  }
}

function refusedOccurrence(read: ReadSchedule, held: Held, { code, message, hint }: Failure): Occurrence {
  return {
    ...aboutTick(read, held),
    cause: `schedule:${read.name}:${code}`,
    title: `“${read.schedule.title}” did not run: ${message}`,
    body: `Due ${toIso(held.due)}.${hint === null ? '' : `\n${hint}`}`,
  }
}
