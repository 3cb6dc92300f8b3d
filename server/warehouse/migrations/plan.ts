/** From a verb and a target to the moves it takes, in order. Pure; refuses what cannot be meant before anything runs. */
import { mistake } from '../../../shared/failure.ts'
import { suggest } from '../../../shared/nearest.ts'
import type { MigrationFile } from './files.ts'
import type { SetRecord } from './record.ts'

export type Verb = 'upgrade' | 'downgrade' | 'stamp'

export interface MigrationRequest {
  verb: Verb
  /** `head`, `base`, `+N`, `-N`, or a migration by its name, its number or a beginning that fits one alone. */
  target?: string | undefined
  /** One set alone. Without it: all sets for `upgrade` and `stamp`, the last one (the pack’s) for `downgrade`. */
  set?: string | undefined
  /** Take the texts of edited files for what was applied. */
  acceptEdited?: boolean | undefined
}

/** `record` and `forget` change the record alone and run nothing. */
export type Direction = 'up' | 'down' | 'record' | 'forget'

export interface Move {
  record: SetRecord
  file: MigrationFile
  direction: Direction
}

const RELATIVE = /^([+-])(\d+)$/

/** The moves of a request. Errors: `warehouse.unknown-set`, `warehouse.unknown-migration`, `warehouse.bad-target`, `warehouse.no-way-back`. */
export function planMoves(all: readonly SetRecord[], request: MigrationRequest): Move[] {
  const sets = chooseSets(all, request)
  if (request.verb === 'upgrade') return planUpgrade(sets, request.target ?? 'head')
  if (request.verb === 'downgrade') return sets.flatMap((record) => planDowngrade(record, request.target ?? '-1'))
  return planStamp(sets, request.target ?? 'head')
}

function chooseSets(all: readonly SetRecord[], { verb, set }: MigrationRequest): readonly SetRecord[] {
  if (set === undefined) return verb === 'downgrade' ? all.slice(-1) : all
  const names = all.map((record) => record.set.name)
  const found = all.filter((record) => record.set.name === set)
  if (found.length === 0) throw mistake('warehouse.unknown-set', `There is no set “${set}” of migrations`, suggest(set, names))
  return found
}

function pendingOf(record: SetRecord): MigrationFile[] {
  return record.files.filter(({ name }) => !record.applied.some((one) => one.name === name))
}

function planUpgrade(sets: readonly SetRecord[], target: string): Move[] {
  const toMoves = (record: SetRecord, files: MigrationFile[]): Move[] => files.map((file) => ({ record, file, direction: 'up' }))
  if (target === 'head') return sets.flatMap((record) => toMoves(record, pendingOf(record)))
  const steps = RELATIVE.exec(target)
  // The next ones over all sets, in the order in which `head` would take them.
  if (steps?.[1] === '+') return sets.flatMap((record) => toMoves(record, pendingOf(record))).slice(0, Number(steps[2]))
  if (steps !== null || target === 'base') throw badTarget('upgrade', target)
  const { record, index } = findTarget(sets, target)
  return toMoves(
    record,
    pendingOf(record).filter((file) => record.files.indexOf(file) <= index),
  )
}

function planDowngrade(record: SetRecord, target: string): Move[] {
  const steps = RELATIVE.exec(target)
  if (steps?.[1] === '+' || target === 'head') throw badTarget('downgrade', target)
  const keep =
    target === 'base'
      ? 0
      : steps === null
        ? record.applied.findIndex(({ name }) => name === nameOf(findTarget([record], target))) + 1
        : Math.max(0, record.applied.length - Number(steps[2]))
  if (keep === 0 && target !== 'base' && steps === null)
    throw mistake(
      'warehouse.bad-target',
      `“${target}” is not applied, so there is no way down to it`,
      '“quintile warehouse history” shows what is.',
    )
  return record.applied
    .slice(keep)
    .reverse()
    .map(({ name }) => ({ record, file: withWayBack(record, name), direction: 'down' }))
}

function withWayBack(record: SetRecord, name: string): MigrationFile {
  const file = record.files.find((one) => one.name === name)
  if (file?.down != null) return file
  throw mistake(
    'warehouse.no-way-back',
    `There is no ${name}.down.sql in the set “${record.set.name}”, so it cannot be taken back`,
    'Write it, or restore a backup: quintile warehouse restore',
  )
}

/** Afterwards the record holds exactly the files up to the target; the ones it holds beyond are forgotten. */
function planStamp(sets: readonly SetRecord[], target: string): Move[] {
  if (RELATIVE.test(target)) throw badTarget('stamp', target)
  if (target === 'head') return sets.flatMap((record) => stampUpTo(record, record.files.length - 1))
  if (target === 'base') return [...sets].reverse().flatMap((record) => stampUpTo(record, -1))
  const { record, index } = findTarget(sets, target)
  return stampUpTo(record, index)
}

function stampUpTo(record: SetRecord, index: number): Move[] {
  const isApplied = ({ name }: MigrationFile): boolean => record.applied.some((one) => one.name === name)
  const beyond = record.files.slice(index + 1).filter(isApplied)
  const missing = record.files.slice(0, index + 1).filter((file) => !isApplied(file))
  return [
    ...beyond.reverse().map((file): Move => ({ record, file, direction: 'forget' })),
    ...missing.map((file): Move => ({ record, file, direction: 'record' })),
  ]
}

interface Found {
  record: SetRecord
  index: number
}

const nameOf = ({ record, index }: Found): string => record.files[index]?.name ?? ''

/** The one migration that is called so, by name, number or beginning. */
function findTarget(sets: readonly SetRecord[], target: string): Found {
  const all = sets.flatMap((record) => record.files.map((_file, index): Found => ({ record, index })))
  const exact = all.filter((found) => nameOf(found) === target)
  const number = /^\d+$/.test(target) ? target.padStart(4, '0') : target
  const found = exact.length > 0 ? exact : all.filter((one) => nameOf(one).startsWith(number))
  if (found.length === 1 && found[0] !== undefined) return found[0]
  if (found.length === 0)
    throw mistake('warehouse.unknown-migration', `There is no migration “${target}”`, suggest(target, all.map(nameOf)))
  throw mistake(
    'warehouse.unknown-migration',
    `“${target}” may be ${found.map((one) => `${nameOf(one)} (${one.record.set.name})`).join(' or ')}`,
    'Write more of the name, or choose with --set.',
  )
}

function badTarget(verb: Verb, target: string): Error {
  const targets = { upgrade: 'head, +1 or a migration', downgrade: '-1, base or a migration', stamp: 'head, base or a migration' }
  return mistake('warehouse.bad-target', `“${target}” is no target of ${verb}`, `Use ${targets[verb]}.`)
}
