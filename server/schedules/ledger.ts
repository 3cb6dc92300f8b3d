/**
 * The ledger of ticks, `quintile.schedule_ticks`, shared by all machines. Its primary key lets one machine alone take a
 * tick. A claim is renewed every minute by whoever holds it; one that was not for five minutes belongs to a machine that
 * died or sleeps, and may be taken over. Ages are measured by the warehouse’s own clock, so that machines whose clocks
 * differ agree on them.
 */
import type { ScheduleTick } from '../../shared/schedule.ts'
import { toIso } from '../../shared/time.ts'
import type { Session, Warehouse } from '../warehouse/index.ts'
import type { Line } from './decide.ts'

/** Five renewals missed. */
const STALE = `decided_at < now() - interval '5 minutes'`
/** Ticks decided this far ahead of our clock were decided while it was wrong: other machines’ clocks differ by less. */
const FUTURE_MILLISECONDS = 10 * 60_000
const DAYS_KEPT = 90

/** A tick that a machine has in hand. */
export interface Claim {
  due: number
  machine: string
  attempts: number
  /** Its machine has not been heard of for five minutes. */
  stale: boolean
  run_id: string | null
  run_status: string | null
  run_error: string | null
}

/** A claim of ours: the number of attempts tells it from one that another machine took over. */
export interface Held {
  schedule: string
  due: number
  attempts: number
}

/** What the ledger knows of one schedule. */
export interface LedgerState {
  /** The newest decided tick that is not in the future. */
  newest: number | null
  claims: Claim[]
}

const NEWEST = `
  SELECT schedule, extract(epoch FROM max(due_at))::float8 * 1000 AS newest
  FROM quintile.schedule_ticks WHERE schedule = ANY($1::text[]) AND due_at <= $2 GROUP BY schedule`

const CLAIMS = `
  SELECT t.schedule, extract(epoch FROM t.due_at)::float8 * 1000 AS due, t.machine, t.attempts, t.${STALE} AS stale, t.run_id::text,
    r.status AS run_status, r.error->>'code' AS run_error
  FROM quintile.schedule_ticks t LEFT JOIN quintile.runs r USING (run_id)
  WHERE t.schedule = ANY($1::text[]) AND t.outcome = 'claimed' ORDER BY t.due_at`

/** Takes a free tick, or one whose holder vanished. */
const TAKE = `
  INSERT INTO quintile.schedule_ticks AS t (schedule, due_at, outcome, machine, decided_at, note)
  SELECT $1, due, 'claimed', $3, now(), $4 FROM unnest($2::timestamptz[]) AS due
  ON CONFLICT (schedule, due_at) DO UPDATE SET machine = excluded.machine, decided_at = now(), run_id = NULL, attempts = t.attempts + 1,
    note = concat_ws('; ', excluded.note, 'taken over from ' || t.machine)
  WHERE t.outcome = 'claimed' AND t.${STALE}
  RETURNING extract(epoch FROM due_at)::float8 * 1000 AS due, attempts`

const WRITE = `
  INSERT INTO quintile.schedule_ticks AS t (schedule, due_at, outcome, machine, decided_at, note)
  SELECT $1, due, outcome, $5, now(), note FROM unnest($2::timestamptz[], $3::text[], $4::text[]) AS line(due, outcome, note)
  ON CONFLICT (schedule, due_at) DO UPDATE SET outcome = excluded.outcome, machine = excluded.machine, decided_at = now(), note = excluded.note
  WHERE t.outcome = 'claimed' AND t.${STALE}`

const OURS = `schedule = $1 AND due_at = $2 AND machine = $3 AND attempts = $4 AND outcome = 'claimed'`

const FINISH = `
  UPDATE quintile.schedule_ticks SET outcome = $5, run_id = $6, note = nullif(concat_ws('; ', note, $7::text), ''), decided_at = now() WHERE ${OURS}`

const SETTLE = `
  UPDATE quintile.schedule_ticks SET outcome = $4, note = nullif(concat_ws('; ', note, $5::text), ''), decided_at = now()
  WHERE schedule = $1 AND due_at = $2 AND attempts = $3 AND outcome = 'claimed'`

const TAKE_BACK = `
  DELETE FROM quintile.schedule_ticks
  WHERE schedule = ANY($1::text[]) AND machine = $2 AND due_at > $3 AND outcome IN ('missed', 'skipped')`

const PRUNE = `
  DELETE FROM quintile.schedule_ticks t WHERE due_at < $1
    AND EXISTS (SELECT 1 FROM quintile.schedule_ticks newer WHERE newer.schedule = t.schedule AND newer.due_at > t.due_at)`

const TICK = `schedule, to_char(due_at, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS due_at, outcome, run_id::text, machine,
  to_char(decided_at, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS decided_at, note`

const TICKS = `
  SELECT t.* FROM unnest($1::text[]) AS wanted(name) CROSS JOIN LATERAL (
    SELECT ${TICK} FROM quintile.schedule_ticks WHERE schedule = wanted.name ORDER BY schedule_ticks.due_at DESC LIMIT $2) t`

const oursOf = ({ schedule, due, attempts }: Held, machine: string): [string, string, string, number] => [
  schedule,
  toIso(due),
  machine,
  attempts,
]

/** What is decided: lines written and ticks taken, in one transaction. */
export interface Deciding {
  claim: readonly number[]
  /** For the taken ones. */
  note: string | null
  record: readonly Line[]
}

function openReading(warehouse: Warehouse, machine: string) {
  return {
    /** All schedules in one session. Lines that this machine wrote ahead of its own clock are taken back: they have not come due. */
    read: (schedules: readonly string[], now: number): Promise<Map<string, LedgerState>> =>
      warehouse.withSession(async (session) => {
        await session.query(TAKE_BACK, [schedules, machine, toIso(now + FUTURE_MILLISECONDS)])
        return readState(session, schedules, now)
      }),

    /** The newest ticks of each schedule, newest first. */
    ticks: async (schedules: readonly string[], limit: number): Promise<ScheduleTick[]> => {
      const { rows } = await warehouse.query<ScheduleTick>(TICKS, [schedules, limit])
      return rows
    },

    /** Drops what is older than 90 days, but never the newest of a schedule: catching up counts from it. */
    prune: async (now: number): Promise<void> => {
      await warehouse.query(PRUNE, [toIso(now - DAYS_KEPT * 86_400_000)])
    },
  }
}

async function takeAndWrite(
  session: Session,
  schedule: string,
  { claim, note, record, machine }: Deciding & { machine: string },
): Promise<Held[]> {
  if (record.length > 0) {
    const columns = [record.map((line) => toIso(line.due)), record.map((line) => line.outcome), record.map((line) => line.note)]
    await session.query(WRITE, [schedule, ...columns, machine])
  }
  if (claim.length === 0) return []
  const { rows } = await session.query<{ due: number; attempts: number }>(TAKE, [schedule, claim.map(toIso), machine, note])
  return rows.map((row) => ({ schedule, ...row })).sort((a, b) => a.due - b.due)
}

function openWriting(warehouse: Warehouse, machine: string) {
  const change = async (held: Held, sql: string, ...values: (string | null)[]): Promise<void> => {
    await warehouse.query(sql, [...oursOf(held, machine), ...values])
  }
  return {
    /** Answers with the ticks that were free to take. */
    decide: (schedule: string, deciding: Deciding): Promise<Held[]> =>
      warehouse.withTransaction((session) => takeAndWrite(session, schedule, { ...deciding, machine })),

    /** Says that these are still in hand. */
    renew: async (held: readonly Held[]): Promise<void> => {
      for (const one of held) await change(one, `UPDATE quintile.schedule_ticks SET decided_at = now() WHERE ${OURS}`)
    },

    /** The run that a claimed tick became. */
    begin: (held: Held, runId: string): Promise<void> =>
      change(held, `UPDATE quintile.schedule_ticks SET run_id = $5, decided_at = now() WHERE ${OURS}`, runId),

    /** What came of it; nothing happens when another machine took it over meanwhile. */
    finish: (held: Held, end: { outcome: 'ran' | 'failed'; run_id: string | null; note: string | null }): Promise<void> =>
      change(held, FINISH, end.outcome, end.run_id, end.note),

    /** Gives it back: it is undecided again, for every machine. */
    release: (held: Held): Promise<void> => change(held, `DELETE FROM quintile.schedule_ticks WHERE ${OURS}`),

    /** Of a vanished machine whose run ended all the same: what the run book says. */
    settle: async (
      schedule: string,
      { due, attempts }: Claim,
      { outcome, note }: { outcome: 'ran' | 'failed'; note: string },
    ): Promise<void> => {
      await warehouse.query(SETTLE, [schedule, toIso(due), attempts, outcome, note])
    },
  }
}

/** Opens the ledger for one machine. */
export function openLedger(warehouse: Warehouse, machine: string) {
  return { ...openReading(warehouse, machine), ...openWriting(warehouse, machine) }
}

export type Ledger = ReturnType<typeof openLedger>

async function readState(session: Session, schedules: readonly string[], now: number): Promise<Map<string, LedgerState>> {
  const newest = await session.query<{ schedule: string; newest: number }>(NEWEST, [schedules, toIso(now)])
  const claims = await session.query<Claim & { schedule: string }>(CLAIMS, [schedules])
  return new Map(
    schedules.map((name) => [
      name,
      {
        newest: newest.rows.find((row) => row.schedule === name)?.newest ?? null,
        claims: claims.rows.flatMap(({ schedule, ...claim }) => (schedule === name ? [claim] : [])),
      },
    ]),
  )
}
