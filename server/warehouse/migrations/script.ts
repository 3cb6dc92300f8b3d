/**
 * From moves to SQL: one transaction per move, whole, so that what `--sql` prints is what `upgrade` runs, bookkeeping
 * included, and a database administrator can run it in psql instead. Pure.
 */
import { adoptParts, partsAfter, partsBefore } from '../catalogue/sql.ts'
import { quoteLiteral } from '../identifiers.ts'
import { objectsMadeBy, recordTable, type MigrationFile, type MigrationSet } from './files.ts'
import type { Direction, Move } from './plan.ts'
import { UNKNOWN, type AppliedMigration, type MigrationRecord } from './record.ts'

/** Who moves the migrations. */
export interface Actor {
  machine: string
  user: string
  pid: number
  codeVersion: string
}

/** One transaction. */
export interface Step {
  set: string
  /** Empty for a step that only mends the bookkeeping. */
  migration: string
  direction: Direction | 'note'
  sql: string
  /** Where the file’s own text begins in `sql`, so that an error can name the file’s line; null where no file runs. */
  fileStart: number | null
}

/** From these migrations of the engine on the bookkeeping has its tables. */
const DIGESTS_FROM = '0002_engine'
const CATALOGUE_FROM = '0004_catalogue'
const ENGINE = 'engine'

/** Long enough for a report to end; a migration that waits longer for a table makes everybody behind it wait too. */
const LOCK_TIMEOUT = '60s'

/** The record as it will be when a step runs. */
interface World extends Omit<MigrationRecord, 'sets'> {
  tables: Set<string>
  applied: Known[]
}

/** An applied migration with its file, and what of it is written down. */
interface Known {
  set: MigrationSet
  file: MigrationFile
  appliedAt: string | null
  hasDigest: boolean
  described: boolean
}

/** The steps of the moves; before them, where the bookkeeping lags behind or edited files are accepted, one that mends it. */
export function toSteps(record: MigrationRecord, moves: readonly Move[], options: { actor: Actor; acceptEdited: boolean }): Step[] {
  const { actor, acceptEdited } = options
  const world: World = {
    ...{ hasSchema: record.hasSchema, hasDigests: record.hasDigests, hasCatalogue: record.hasCatalogue },
    tables: new Set(record.sets.filter((one) => one.hasTable).map((one) => recordTable(one.set))),
    applied: record.sets.flatMap(({ set, files, applied }) => applied.flatMap((one) => toKnown(set, files, one))),
  }
  const mending = [...(acceptEdited ? acceptTexts(record) : []), ...writeDownTheRest(world, actor)]
  const note: Step[] =
    mending.length === 0
      ? []
      : [
          {
            set: '',
            migration: '',
            direction: 'note',
            sql: ['-- bookkeeping', 'BEGIN;', ...mending, 'COMMIT;'].join('\n'),
            fileStart: null,
          },
        ]
  return [...note, ...moves.map((move) => toStep(world, move, actor))]
}

function acceptTexts(record: MigrationRecord): string[] {
  return record.sets.flatMap(({ set, files, applied }) =>
    applied.flatMap(({ name, digest }) => {
      const file = files.find((one) => one.name === name)
      if (file === undefined || digest === null || file.digest === digest) return []
      return [`UPDATE quintile.migration_digests SET digest = ${quoteLiteral(file.digest)} WHERE ${rowOf(set, name)};`]
    }),
  )
}

function rowOf(set: MigrationSet, name: string): string {
  return `set_name = ${quoteLiteral(set.name)} AND name = ${quoteLiteral(name)}`
}

function toKnown(set: MigrationSet, files: readonly MigrationFile[], applied: AppliedMigration): Known[] {
  const file = files.find((one) => one.name === applied.name)
  if (file === undefined) return []
  return [{ set, file, appliedAt: applied.applied_at, hasDigest: applied.digest !== null, described: applied.described }]
}

function toStep(world: World, move: Move, actor: Actor): Step {
  const { file, direction } = move
  const { set } = move.record
  const runs = direction === 'up' || direction === 'down'
  const head = [
    `-- ${set.name} ${file.name}: ${direction}`,
    'BEGIN;',
    `SET LOCAL lock_timeout = ${quoteLiteral(LOCK_TIMEOUT)};`,
    'SET LOCAL statement_timeout = 0;',
    // As in our own sessions; an administrator’s may look elsewhere.
    "SET LOCAL search_path = public; SET LOCAL TimeZone = 'UTC'; SET LOCAL DateStyle = 'ISO, YMD'; SET LOCAL IntervalStyle = 'iso_8601';",
    ...makeRecordTable(world, set),
  ]
  // The migration that makes the catalogue is described afterwards, from what stands there.
  const describes = runs && world.hasCatalogue && !isOfEngine(set, file, CATALOGUE_FROM)
  if (describes) head.push(partsBefore())
  const before = `${head.join('\n')}\n`
  const text = direction === 'up' ? file.up : direction === 'down' ? (file.down ?? '') : ''
  const tail = [...moveRecord(world, move, { actor, describes }), ...(describes ? [partsAfter(set.name, file.name)] : [])]
  tail.push(...writeDownTheRest(world, actor), 'COMMIT;')
  // A file may end in a comment or without its semicolon.
  const end = /;$/.test(text.trimEnd()) ? '' : '\n;'
  const sql = runs ? `${before}${text.trimEnd()}${end}\n${tail.join('\n')}` : `${before}${tail.join('\n')}`
  return { set: set.name, migration: file.name, direction, sql, fileStart: runs ? before.length : null }
}

function makeRecordTable(world: World, set: MigrationSet): string[] {
  const table = recordTable(set)
  const statements = [
    // Not IF NOT EXISTS: that asks for the right to create schemas even where an administrator has made it.
    ...(world.hasSchema ? [] : ['CREATE SCHEMA quintile;']),
    ...(world.tables.has(table)
      ? []
      : [`CREATE TABLE quintile.${table} (id serial PRIMARY KEY, name varchar(255) NOT NULL, run_on timestamp NOT NULL);`]),
  ]
  world.hasSchema = true
  world.tables.add(table)
  return statements
}

/** The record’s own row, and the world as it is after the move. */
function moveRecord(world: World, move: Move, { actor, describes }: { actor: Actor; describes: boolean }): string[] {
  const { file, direction } = move
  const { set } = move.record
  const table = `quintile.${recordTable(set)}`
  const name = quoteLiteral(file.name)
  const forward = direction === 'up' || direction === 'record'
  if (isOfEngine(set, file, DIGESTS_FROM)) world.hasDigests = forward
  if (isOfEngine(set, file, CATALOGUE_FROM)) world.hasCatalogue = forward
  if (!forward) {
    world.applied = world.applied.filter((one) => !(one.set.name === set.name && one.file.name === file.name))
    const gone = [`DELETE FROM ${table} WHERE name = ${name};`]
    if (world.hasDigests) gone.push(`DELETE FROM quintile.migration_digests WHERE ${rowOf(set, file.name)};`)
    return gone
  }
  const row = [`INSERT INTO ${table} (name, run_on) VALUES (${name}, now() AT TIME ZONE 'UTC');`]
  const known: Known = { set, file, appliedAt: null, hasDigest: world.hasDigests, described: describes }
  world.applied.push(known)
  if (world.hasDigests) row.push(writeDigest(known, actor))
  if (known.described) row.push(markDescribed(known, 'made'))
  return row
}

/** Digests and parts of migrations that were applied before there were tables for them. */
function writeDownTheRest(world: World, actor: Actor): string[] {
  const statements: string[] = []
  if (world.hasDigests) {
    for (const known of world.applied.filter((one) => !one.hasDigest)) {
      statements.push(writeDigest(known, actor))
      known.hasDigest = true
    }
  }
  if (!world.hasCatalogue) return statements
  for (const known of world.applied.filter((one) => !one.described)) {
    statements.push(
      ...adoptParts({ set: known.set.name, migration: known.file.name, objects: objectsMadeBy(known.file) }),
      markDescribed(known, 'found'),
    )
    known.described = true
  }
  return statements
}

function writeDigest({ set, file, appliedAt }: Known, { user, machine, codeVersion }: Actor): string {
  // Applied just now, by this actor; or some day, by nobody knows whom.
  const [at, ...who] = appliedAt === null ? ['now()', user, machine, codeVersion] : [quoteLiteral(appliedAt), UNKNOWN, UNKNOWN, UNKNOWN]
  const values = [quoteLiteral(set.name), quoteLiteral(file.name), quoteLiteral(file.digest), at, ...who.map(quoteLiteral)]
  return (
    `INSERT INTO quintile.migration_digests (set_name, name, digest, applied_at, applied_by, machine, code_version)\n` +
    `VALUES (${values.join(', ')})\n` +
    'ON CONFLICT (set_name, name) DO UPDATE SET digest = excluded.digest, applied_at = excluded.applied_at, applied_by = excluded.applied_by,\n' +
    '  machine = excluded.machine, code_version = excluded.code_version;'
  )
}

function markDescribed({ set, file }: Known, how: 'made' | 'found'): string {
  return `UPDATE quintile.migration_digests SET described = '${how}' WHERE ${rowOf(set, file.name)};`
}

function isOfEngine(set: MigrationSet, file: MigrationFile, name: string): boolean {
  return set.name === ENGINE && file.name === name
}
