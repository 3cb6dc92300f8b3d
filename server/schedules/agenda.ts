/** One schedule at one moment: what is due and undecided, who has what in hand, and what its holder’s death left behind. */
import { createHash } from 'node:crypto'
import { durationMilliseconds } from '../../shared/schedule.ts'
import { toIso } from '../../shared/time.ts'
import type { Carrier } from './carry.ts'
import type { Line } from './decide.ts'
import type { ReadSchedule } from './files.ts'
import type { Claim, Ledger } from './ledger.ts'
import { nextSlots, slotsBetween } from './slots.ts'

/** After so many machines died with a tick it may be the tick that kills them. */
const MOST_ATTEMPTS = 3

/** This machine’s own part of the jitter: always the same, different from the others’. Milliseconds. */
export function jitterOf({ name, schedule }: ReadSchedule, machine: string): number {
  if (schedule.jitter === undefined) return 0
  const hash = createHash('sha256').update(`${name}\0${machine}`).digest().readUInt32BE(0)
  return Math.floor((hash / 2 ** 32) * durationMilliseconds(schedule.jitter))
}

/** Claims of a schedule, sorted by what they mean now. */
export interface SortedClaims {
  /** A machine works on it. */
  live: Claim[]
  /** Its machine is gone and its run, if any, did not end: undecided again. */
  lost: number[]
  record: Line[]
}

export interface ClaimNeeds {
  ledger: Ledger
  carrier: Pick<Carrier, 'holds'>
  /** Closes runs whose process vanished. */
  closeInterrupted(): Promise<unknown>
}

/** Looks at each claim; writes into the ledger how runs of vanished machines ended. */
export async function sortClaims(
  name: string,
  claims: readonly Claim[],
  { ledger, carrier, closeInterrupted }: ClaimNeeds,
): Promise<SortedClaims> {
  const sorted: SortedClaims = { live: [], lost: [], record: [] }
  for (const claim of claims) {
    const { due, machine, attempts, run_status, run_error } = claim
    if (!claim.stale || carrier.holds(name, due)) sorted.live.push(claim)
    else if (run_status === 'running' || run_status === 'queued') {
      // The next look sees whether it was only its process that ended.
      await closeInterrupted()
      sorted.live.push(claim)
    } else if (run_status === 'succeeded' || run_status === 'warning')
      await ledger.settle(name, claim, { outcome: 'ran', note: `${machine} vanished after the run` })
    else if (run_status !== null && run_error !== 'run.interrupted')
      await ledger.settle(name, claim, { outcome: 'failed', note: `the run ended ${run_status}` })
    else if (attempts < MOST_ATTEMPTS) sorted.lost.push(due)
    else
      sorted.record.push({
        due,
        outcome: 'failed',
        note: `given up: ${String(attempts)} machines vanished with it, the last was ${machine}`,
      })
  }
  return sorted
}

/** Due times nobody has decided, oldest first: those after `after`, and those whose holder is lost. */
export function pendingOf(
  { cron, schedule }: ReadSchedule,
  { after, until, lost }: { after: number; until: number; lost: readonly number[] },
): number[] {
  const due = slotsBetween(cron, schedule.zone, { after, until })
  return [...new Set([...lost, ...due])].sort((a, b) => a - b)
}

/** Milliseconds until the first tick that is due but still held back by the jitter; null when there is none. */
export function untilJitterEnds({ cron, schedule }: ReadSchedule, { now, jitter }: { now: number; jitter: number }): number | null {
  if (jitter === 0) return null
  const [slot] = nextSlots(cron, schedule.zone, { after: now - jitter, count: 1 })
  return slot !== undefined && slot.at <= now ? slot.at + jitter - now : null
}

/** The claim in words, for those who wait for it. */
export function sayBusy([claim]: readonly Claim[], machine: string): string | null {
  if (claim === undefined) return null
  return `the run for the tick of ${toIso(claim.due)} still goes on${claim.machine === machine ? '' : ` on ${claim.machine}`}`
}
