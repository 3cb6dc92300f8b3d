/** Replication slots of a source: what they hold back, when one may be made, and how one is dropped. */
import type pg from 'pg'
import { Failure, mistake } from '../../../shared/failure.ts'
import { sqlState } from '../postgres-connection.ts'
import { LOG_END, quoteName, type ReplicationPlace, type ServerFacts } from './facts.ts'

/** One slot, as the guard shows it. */
export interface SlotState {
  slot: string
  /** Null for a physical slot. */
  plugin: string | null
  database: string | null
  active: boolean
  /** Bytes of the source's log that it holds back; null when it holds none. */
  retained: number | null
  /** reserved, extended, unreserved or lost; null before PostgreSQL 13. */
  wal_status: string | null
  /** Bytes that can still be written before it is lost; null without a limit. */
  safe_wal_size: number | null
  /** Since when nobody uses it; known from PostgreSQL 17 on. */
  inactive_since: string | null
  /** Whether it is the slot of this source's settings. */
  ours: boolean
  /** Changes are missing: it can only be dropped. */
  isLost: boolean
  /** Transactions that were committed before it are not given out any more. */
  confirmed: string | null
}

const SLOTS = `
SELECT to_jsonb(s) AS slot, pg_wal_lsn_diff(${LOG_END}, s.restart_lsn)::float8 AS retained
FROM pg_replication_slots AS s ORDER BY s.slot_name`

interface SlotRow {
  retained: number | null
  /** Columns differ from version to version. */
  slot: {
    slot_name: string
    plugin: string | null
    database: string | null
    active: boolean
    confirmed_flush_lsn: string | null
    wal_status?: string | null
    safe_wal_size?: number | null
    inactive_since?: string | null
    invalidation_reason?: string | null
    conflicting?: boolean | null
  }
}

/** All slots of the server; `ours` is the one of this source. */
export async function readSlots(client: pg.Client, ours: string): Promise<SlotState[]> {
  const { rows } = await client.query<SlotRow>(SLOTS)
  return rows.map(({ slot, retained }) => ({
    slot: slot.slot_name,
    plugin: slot.plugin,
    database: slot.database,
    active: slot.active,
    retained,
    wal_status: slot.wal_status ?? null,
    safe_wal_size: slot.safe_wal_size ?? null,
    inactive_since: slot.inactive_since ?? null,
    ours: slot.slot_name === ours,
    isLost: slot.wal_status === 'lost' || (slot.invalidation_reason ?? null) !== null || slot.conflicting === true,
    confirmed: slot.confirmed_flush_lsn,
  }))
}

/** This source's slot, or undefined. Errors: `source.slot-taken` when something else goes by its name. */
export async function readSlot(client: pg.Client, { name, settings, connection }: ReplicationPlace): Promise<SlotState | undefined> {
  const found = (await readSlots(client, settings.slot)).find(({ ours }) => ours)
  if (found === undefined || (found.plugin === 'pgoutput' && found.database === connection.database)) return found
  throw mistake(
    'source.slot-taken',
    `The slot “${settings.slot}” of the source “${name}” belongs to something else: ${found.plugin ?? 'physical'}, database ${found.database ?? 'none'}`,
    'Give “slot” of this source in pack.yaml another name.',
  )
}

/** Refuses a slot that could fill the source's disk while nobody reads it. Errors: `source.slot-unbounded`. */
export function guardCreation({ name, settings }: ReplicationPlace, { maxRetained }: ServerFacts): void {
  if (maxRetained !== null || settings.allow_unbounded_wal) return
  throw mistake(
    'source.slot-unbounded',
    `The server of the source “${name}” sets no limit to the log that a slot holds back: while nobody runs the jobs, it would fill the server’s disk`,
    "Have this run at the source: ALTER SYSTEM SET max_slot_wal_keep_size = '10GB'; SELECT pg_reload_conf(); or accept it with allow_unbounded_wal: true.",
  )
}

/** Errors: `source.no-slot`, `source.slot-busy`, `source.no-replication`. */
export async function dropSlot(client: pg.Client, { name, settings }: ReplicationPlace): Promise<void> {
  try {
    await client.query('SELECT pg_drop_replication_slot($1)', [settings.slot])
  } catch (thrown) {
    if (sqlState(thrown) === '42704')
      throw mistake('source.no-slot', `The source “${name}” has no slot “${settings.slot}”`, 'There is nothing to drop.')
    throw toSlotFailure(thrown, { name, settings })
  }
}

/** Somebody else has the slot, which says more than PostgreSQL's own words; anything else as it is. */
export function toBusyFailure(thrown: unknown, { name, settings }: Pick<ReplicationPlace, 'name' | 'settings'>): unknown {
  if (!['55006', '55P03'].includes(sqlState(thrown))) return thrown
  return new Failure({
    kind: 'retry',
    code: 'source.slot-busy',
    message: `The slot “${settings.slot}” of the source “${name}” is in use: ${thrown instanceof Error ? thrown.message : ''}`,
    hint: 'Another program or machine reads it; run again when it has ended.',
    cause: thrown,
  })
}

/** Refused by the server when a slot was to be made or dropped; anything else as it is. */
export function toSlotFailure(thrown: unknown, place: Pick<ReplicationPlace, 'name' | 'settings'>): unknown {
  const { name, settings } = place
  const words = thrown instanceof Error ? thrown.message : String(thrown)
  switch (sqlState(thrown)) {
    case '53400':
      return mistake(
        'source.no-replication',
        `The server of the source “${name}” has no replication slot left: ${words}`,
        'Drop a slot that nobody needs (quintile sources slots), raise max_replication_slots at the source, or set fallback: watermark.',
      )
    // Not in a state to (wal_level, a standby), no right to, refused at login, or a pooler between that knows no replication.
    case '55000':
    case '42501':
    case '0A000':
    case '28000':
    case '08P01':
      return mistake(
        'source.no-replication',
        `Replication cannot be used with the source “${name}”: ${words}`,
        `The login needs REPLICATION (ALTER ROLE ${quoteName(settings.user)} REPLICATION) on a server with wal_level logical; or set fallback: watermark.`,
      )
    default:
      return toBusyFailure(thrown, place)
  }
}
