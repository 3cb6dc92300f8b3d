/** A look at one schedule: what is due, what keeps it, what is decided; and the hands that carry it out. */
import { toFailure } from '../../shared/failure.ts'
import type { Clock } from '../../shared/time.ts'
import { jitterOf, pendingOf, sayBusy, sortClaims, untilJitterEnds, type ClaimNeeds } from './agenda.ts'
import type { Carrier, ScheduledRun } from './carry.ts'
import { decide, type Decision } from './decide.ts'
import type { ReadSchedule } from './files.ts'
import type { LedgerState } from './ledger.ts'
import type { Memory } from './memory.ts'
import { missedOccurrence, waitingOccurrence, type Look } from './missed.ts'
import type { Occurrence } from './notifications/occurrence.ts'
import { reasonToWait, type WorldState } from './world.ts'

export interface LookNeeds extends Omit<ClaimNeeds, 'carrier'> {
  memory: Memory
  carrier: Carrier
  clock: Clock
  machine: string
  /** The last run in which all of these jobs succeeded; null when there is none. */
  lastSuccess(run: ScheduledRun & { schedule: string }): Promise<{ run_id: string; started_at: string } | null>
  tell(occurrence: Occurrence): Promise<void>
  /** Why earlier looks left the ticks undecided. */
  waitingFor(name: string): string | null
  /** Whether a tick was given back a moment ago. */
  isPutOff(name: string): boolean
  /** What the ticks wait for now; null when they do not. */
  setWaiting(name: string, reason: string | null): void
  /** Wakes the clockwork after so many milliseconds. */
  wakeIn(milliseconds: number): void
  /** Something on the screen of schedules changed. */
  changed(): void
}

export interface Circumstances {
  /** Why the ledger cannot be asked, where it cannot; undefined for a schedule that is off. */
  state: LedgerState | string | undefined
  world: WorldState
}

/** Decides what is due. Rejects when the warehouse vanishes on the way; then the next look finds everything as it was. */
export async function lookAt(needs: LookNeeds, read: ReadSchedule, { state, world }: Circumstances): Promise<void> {
  const { name, schedule } = read
  const now = needs.clock()
  const known = typeof state === 'object' ? state : undefined
  const after = needs.memory.observe(read, now, known?.newest)
  if (!schedule.enabled) return needs.setWaiting(name, null)
  if (needs.isPutOff(name)) return
  const jitter = jitterOf(read, needs.machine)
  const rest = untilJitterEnds(read, { now, jitter })
  if (rest !== null) needs.wakeIn(rest)

  const claims = known === undefined ? { live: [], lost: [], record: [] } : await sortClaims(name, known.claims, needs)
  const pending = pendingOf(read, { after, until: now - jitter, lost: claims.lost })
  const look: Look = { now, jitter, pending, waited: needs.waitingFor(name) }
  if (typeof state === 'string') return wait(needs, read, { look, reason: pending.length === 0 ? null : state })

  const success = pending.length === 0 ? null : await lastSuccessOf(needs, read)
  const decision = decide({
    ...look,
    schedule,
    blocked: reasonToWait(schedule, world),
    busy: sayBusy(claims.live, needs.machine),
    done: success === null ? null : { run_id: success.run_id, started_at: Date.parse(success.started_at) },
  })
  await carryOut(needs, read, { look, decision: { ...decision, record: [...decision.record, ...claims.record] } })
}

/** A selection that cannot be planned never succeeded; the tick’s own run will say what is wrong with it. */
async function lastSuccessOf({ lastSuccess }: LookNeeds, { name, schedule }: ReadSchedule): ReturnType<LookNeeds['lastSuccess']> {
  try {
    return await lastSuccess({ jobs: schedule.jobs, arguments: schedule.arguments, schedule: name })
  } catch (thrown) {
    if (toFailure(thrown).kind === 'retry') throw thrown
    return null
  }
}

async function carryOut(needs: LookNeeds, read: ReadSchedule, { look, decision }: { look: Look; decision: Decision }): Promise<void> {
  const { claim, record, waiting } = decision
  if (claim.length + record.length > 0) {
    const held = await needs.ledger.decide(read.name, decision)
    // Where another machine was quicker, it is the one to tell what was missed.
    const missed = held.length === claim.length ? missedOccurrence(read, look, decision) : null
    if (missed !== null) void needs.tell(missed)
    if (held.length > 0) needs.carrier.carry(read, held)
    needs.changed()
  }
  wait(needs, read, { look, reason: waiting })
}

function wait(needs: LookNeeds, read: ReadSchedule, { look, reason }: { look: Look; reason: string | null }): void {
  needs.setWaiting(read.name, reason)
  const occurrence = reason === null ? null : waitingOccurrence(read, look, reason)
  if (occurrence !== null) void needs.tell(occurrence)
}
