/**
 * Of many machines that see the same thing, one sends it: who writes the row in `quintile.sent_notifications` first. The
 * rows also remember, for all machines, what was told already and what has recovered since.
 */
import { toIso } from '../../../shared/time.ts'
import type { Session, Warehouse } from '../../warehouse/index.ts'

/** What is to be sent, and to where. `channel` is unique over the workspaces of a warehouse. */
export interface Claimed {
  channel: string
  cause: string
  occasion: string
  kind: 'alarm' | 'recovery'
}

/** Ours to send, or why not. */
export type ClaimAnswer = { ours: true } | { ours: false; why: string; again: number | null }

interface Row {
  occasion: string
  kind: 'alarm' | 'recovery'
  outcome: 'claimed' | 'sent' | 'failed'
  machine: string
  at: number
}

/** All tries of a message take 31 minutes; whoever has not ended after an hour is gone. */
const STALE_MILLISECONDS = 3_600_000
const DAYS_KEPT = 90

const LATEST = `
  SELECT occasion, kind, outcome, machine, extract(epoch FROM at)::float8 * 1000 AS at FROM quintile.sent_notifications
  WHERE channel = $1 AND cause = $2 ORDER BY at DESC, occasion DESC`

const PUT = `
  INSERT INTO quintile.sent_notifications (channel, cause, occasion, kind, outcome, machine, at) VALUES ($1, $2, $3, $4, 'claimed', $5, $6)
  ON CONFLICT (channel, cause, occasion) DO UPDATE SET machine = excluded.machine, outcome = 'claimed', at = excluded.at`

/** Opens the claims of one machine. `repeatAfter` in milliseconds. */
export function openClaims(warehouse: Warehouse, machine: string) {
  return {
    /** Asks to be the one who sends. */
    take: (claimed: Claimed, { now, repeatAfter }: { now: number; repeatAfter: number }): Promise<ClaimAnswer> =>
      warehouse.withTransaction(async (session) => {
        const { channel, cause, occasion, kind } = claimed
        // Two runs that fail alike at once must not both find that nobody was told yet.
        await session.query('SELECT pg_advisory_xact_lock(hashtext($1))', [`notification ${channel} ${cause}`])
        const { rows } = await session.query<Row>(LATEST, [channel, cause])
        const answer = judge(rows, claimed, { now, repeatAfter, machine })
        if (answer.ours) await session.query(PUT, [channel, cause, occasion, kind, machine, toIso(now)])
        return answer
      }),

    /** What became of it. `reason` is free of secrets. */
    finish: async ({ channel, cause, occasion }: Claimed, outcome: 'sent' | 'failed', reason: string | null): Promise<void> => {
      await warehouse.query(
        'UPDATE quintile.sent_notifications SET outcome = $4, reason = $5 WHERE channel = $1 AND cause = $2 AND occasion = $3 AND machine = $6',
        [channel, cause, occasion, outcome, reason, machine],
      )
    },

    prune: async (now: number): Promise<void> => {
      await warehouse.withSession((session: Session) =>
        session.query('DELETE FROM quintile.sent_notifications WHERE at < $1', [toIso(now - DAYS_KEPT * 86_400_000)]),
      )
    },
  }
}

export type Claims = ReturnType<typeof openClaims>

function judge(
  rows: readonly Row[],
  wanted: Claimed,
  { now, repeatAfter, machine }: { now: number; repeatAfter: number; machine: string },
): ClaimAnswer {
  const same = rows.find((row) => row.occasion === wanted.occasion)
  if (same !== undefined) {
    const gone = same.outcome === 'claimed' && now - same.at > STALE_MILLISECONDS
    if (gone || (same.outcome === 'claimed' && same.machine === machine)) return { ours: true }
    const why = same.outcome === 'failed' ? `${same.machine} could not send it` : `${same.machine} sends it`
    return { ours: false, why, again: same.outcome === 'claimed' ? same.at + STALE_MILLISECONDS + 1 : null }
  }
  const last = rows.find((row) => row.outcome !== 'failed')
  if (wanted.kind === 'recovery')
    return last?.kind === 'alarm'
      ? { ours: true }
      : { ours: false, why: 'nobody was told of the failure, or the recovery was told', again: null }
  if (last?.kind === 'alarm' && now - last.at < repeatAfter)
    return { ours: false, why: `${last.machine} told it at ${toIso(last.at)}`, again: null }
  return { ours: true }
}
