/** What the record means: current or not, edited, newer than this app. Pure. */
import { mistake, type Failure } from '../../../shared/failure.ts'
import type { Applier, SetRecord } from './record.ts'

export interface MigrationState {
  set: string
  /** In the order in which they were applied, the unknown ones included. */
  applied: string[]
  pending: string[]
  /** Applied, but there is no file of that name here: the warehouse is newer than this app or this copy of the pack. */
  unknown: string[]
  /** Applied, and their files have other texts now. */
  edited: string[]
  /** Who applied the last of the unknown ones, where that is known. */
  newer_by: Applier | null
}

export interface HistoryEntry {
  set: string
  migration: string
  status: 'applied' | 'pending'
  /** The newest applied one of its set: “you are here”. */
  current: boolean
  edited: boolean
  unknown: boolean
  /** ISO 8601, UTC. */
  applied_at: string | null
  applied_by: string | null
  machine: string | null
  code_version: string | null
}

/** How a set stands. */
export function toState({ set, files, applied }: SetRecord): MigrationState {
  const names = files.map((file) => file.name)
  const unknown = applied.filter(({ name }) => !names.includes(name))
  return {
    set: set.name,
    applied: applied.map(({ name }) => name),
    pending: names.filter((name) => !applied.some((one) => one.name === name)),
    unknown: unknown.map(({ name }) => name),
    edited: applied.filter((one) => isEdited(files, one)).map(({ name }) => name),
    newer_by: unknown.at(-1)?.by ?? null,
  }
}

function isEdited(files: SetRecord['files'], { name, digest }: SetRecord['applied'][number]): boolean {
  const file = files.find((one) => one.name === name)
  return file !== undefined && digest !== null && digest !== file.digest
}

/** Every migration of the set, the applied ones first, each with who applied it and when. */
export function toHistory(record: SetRecord): HistoryEntry[] {
  const state = toState(record)
  const applied = record.applied.map(({ name, applied_at, by }, index): HistoryEntry => ({
    set: state.set,
    migration: name,
    status: 'applied',
    current: index === record.applied.length - 1,
    edited: state.edited.includes(name),
    unknown: state.unknown.includes(name),
    applied_at,
    applied_by: by?.user ?? null,
    machine: by?.machine ?? null,
    code_version: by?.code_version ?? null,
  }))
  const nobody = { applied_at: null, applied_by: null, machine: null, code_version: null }
  const pending = state.pending.map((migration): HistoryEntry => ({
    ...{ set: state.set, migration, status: 'pending', current: false, edited: false, unknown: false },
    ...nobody,
  }))
  return [...applied, ...pending]
}

/** Why this app may only read the warehouse, in words; null where it may write. */
export function readOnlyReason(states: readonly MigrationState[], codeVersion: string): string | null {
  const newer = states.filter((state) => state.unknown.length > 0)
  if (newer.length === 0) return null
  const by = newer.find((state) => state.newer_by !== null)?.newer_by
  const who = by == null ? 'a newer Quintile' : `Quintile ${by.code_version} on machine ${by.machine}`
  const names = newer.map((state) => `${state.unknown.join(', ')} of “${state.set}”`).join('; ')
  return `The warehouse was upgraded by ${who}; this Quintile ${codeVersion} may only read it, because it does not know ${names}`
}

/** The refusal that goes with `readOnlyReason`. */
export function newerFailure(states: readonly MigrationState[], codeVersion: string): Failure | null {
  const reason = readOnlyReason(states, codeVersion)
  if (reason === null) return null
  const packs = states.filter((state) => state.unknown.length > 0 && state.set !== 'engine').map((state) => state.set)
  return mistake('warehouse.newer', reason, {
    hint:
      packs.length === 0
        ? 'Update Quintile on this machine. Lists, counts and reports work meanwhile.'
        : `Update Quintile, or bring the newer migrations of ${packs.join(', ')} into the workspace’s folder. Lists, counts and reports work meanwhile.`,
    details: { unknown: states.flatMap((state) => state.unknown.map((name) => `${state.set} ${name}`)), code_version: codeVersion },
  })
}
