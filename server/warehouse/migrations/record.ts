/** What the warehouse says of its migrations: which are applied, by whom, and what their files said then. Reads only. */
import { quoteLiteral } from '../identifiers.ts'
import type { Session } from '../session.ts'
import { readFiles, recordTable, type MigrationFile, type MigrationSet } from './files.ts'

/** Who applied a migration, with which version of the code. */
export interface Applier {
  user: string
  machine: string
  code_version: string
}

export interface AppliedMigration {
  name: string
  /** ISO 8601, UTC. */
  applied_at: string
  /** Null where it was applied before that was written down. */
  by: Applier | null
  /** SHA-256 of the file as it was applied; null where it was not written down. */
  digest: string | null
  /** Whether the parts that it made stand in the catalogue. */
  described: boolean
}

/** A set as its folder and the warehouse know it. */
export interface SetRecord {
  set: MigrationSet
  files: MigrationFile[]
  applied: AppliedMigration[]
  hasTable: boolean
}

export interface MigrationRecord {
  hasSchema: boolean
  /** Whether `quintile.migration_digests` and `quintile.catalogue` are there. */
  hasDigests: boolean
  hasCatalogue: boolean
  sets: SetRecord[]
}

/** The user under which rows stand that were written down later. */
export const UNKNOWN = 'unknown'

interface DigestRow {
  set_name: string
  name: string
  digest: string
  applied_by: string
  machine: string
  code_version: string
  described: string | null
}

/** Reads the record of every set. Errors: the warehouse’s own. */
export async function readRecord(session: Session, sets: readonly MigrationSet[]): Promise<MigrationRecord> {
  const files = await Promise.all(sets.map((set) => readFiles(set)))
  const found = await findTables(session, sets)
  const digests = found.has('migration_digests') ? await readDigests(session, found.has('catalogue')) : []
  const records = await readTables(
    session,
    sets.filter((set) => found.has(recordTable(set))),
  )
  return {
    hasSchema: found.has(''),
    hasDigests: found.has('migration_digests'),
    hasCatalogue: found.has('catalogue'),
    sets: sets.map((set, index) => ({
      set,
      files: files[index] ?? [],
      hasTable: found.has(recordTable(set)),
      applied: records
        .filter((row) => row.set_name === set.name)
        .map((row) =>
          toApplied(
            row,
            digests.find(({ set_name, name }) => set_name === set.name && name === row.name),
          ),
        ),
    })),
  }
}

/** Those of our bookkeeping tables that are there; the empty name stands for the schema. */
async function findTables(session: Session, sets: readonly MigrationSet[]): Promise<Set<string>> {
  const names = ['migration_digests', 'catalogue', ...sets.map(recordTable)]
  const { rows } = await session.query<{ name: string }>(
    `SELECT '' AS name WHERE to_regnamespace('quintile') IS NOT NULL
     UNION ALL SELECT c.relname FROM pg_class c WHERE c.relnamespace = to_regnamespace('quintile')::oid AND c.relname = ANY($1::text[])`,
    [names],
  )
  return new Set(rows.map((row) => row.name))
}

async function readDigests(session: Session, described: boolean): Promise<DigestRow[]> {
  const { rows } = await session.query<DigestRow>(
    `SELECT set_name, name, digest, applied_by, machine, code_version, ${described ? 'described' : 'NULL AS described'} FROM quintile.migration_digests`,
  )
  return rows
}

interface RecordRow {
  set_name: string
  name: string
  applied_at: string
}

async function readTables(session: Session, sets: readonly MigrationSet[]): Promise<RecordRow[]> {
  if (sets.length === 0) return []
  const parts = sets.map((set) => `SELECT ${quoteLiteral(set.name)} AS set_name, id, name, run_on FROM quintile.${recordTable(set)}`)
  const { rows } = await session.query<RecordRow>(
    `SELECT set_name, name, to_char(run_on, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS applied_at FROM (${parts.join(' UNION ALL ')}) AS r ORDER BY set_name, id`,
  )
  return rows
}

function toApplied({ name, applied_at }: RecordRow, row: DigestRow | undefined): AppliedMigration {
  if (row === undefined) return { name, applied_at, by: null, digest: null, described: false }
  const by = row.applied_by === UNKNOWN ? null : { user: row.applied_by, machine: row.machine, code_version: row.code_version }
  return { name, applied_at, by, digest: row.digest, described: row.described !== null }
}
