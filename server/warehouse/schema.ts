/** Care of the warehouse’s tables in one place: migrations, drift, the doctor, backup and restore. */
import { mistake, type Failure } from '../../shared/failure.ts'
import { backUp, restore, type BackupOptions, type BackupReport, type RestoreReport } from './backup/index.ts'
import { acceptDrift, checkDrift, type Drift, type DriftReport } from './catalogue/index.ts'
import type { Connection } from './connection.ts'
import { runDoctor, type DoctorReport } from './doctor/index.ts'
import { lookReadOnly } from './doctor/read-only.ts'
import { recordTable } from './migrations/files.ts'
import { openMigrations, type Actor, type Migrations, type MigrationSet } from './migrations/index.ts'
import { withClient } from './session.ts'

export interface SchemaNeeds {
  locate(): Promise<Connection>
  /** In the order in which they are applied; the last is the pack’s. */
  sets: readonly MigrationSet[]
  actor: Actor
  clock(): number
  /** Folders of programs, as in PATH: pg_dump and pg_restore are looked for there and where installers put them. */
  path: string | undefined
  /** A warehouse that is only read, whose records are at `locate`: nothing may move there, and the doctor looks at this one. */
  readOnly?: { locate(): Promise<Connection> } | undefined
}

export interface Schema extends Migrations {
  /** Compares the tables with what the migrations made. Errors: `warehouse.not-described`. */
  check(): Promise<DriftReport>
  /** Takes what was found for what should be. */
  accept(drift: readonly Drift[]): Promise<void>
  /** Tests the way to the warehouse and every right of the login; never rejects for what it finds. */
  doctor(): Promise<DoctorReport>
  backUp(file: string, options: BackupOptions & { force: boolean }): Promise<BackupReport>
  restore(file: string, options: BackupOptions & { clean: boolean }): Promise<RestoreReport>
}

/** Opens the care of one warehouse; connects at each call and leaves nothing open. */
export function openSchema({ locate, sets, actor, clock, path, readOnly }: SchemaNeeds): Schema {
  const migrations = openMigrations({ locate, sets, actor })
  const names = sets.map((set) => set.name)
  const tools = { locate, actor, path, recordTables: sets.map(recordTable) }
  const schema: Schema = {
    ...migrations,
    check: async () => withClient(await locate(), 'quintile check', (session) => checkDrift(session, names)),
    accept: async (drift) => acceptDrift(await locate(), drift),
    doctor: () => runDoctor({ locate, migrations, sets, codeVersion: actor.codeVersion, clock }),
    backUp: (file, options) => backUp(tools, file, options),
    restore: (file, options) => restore(tools, file, options),
  }
  return readOnly === undefined ? schema : onlyRead(schema, readOnly.locate)
}

/** Everything that would write refuses. Errors: `workspace.read-only`. */
function onlyRead(schema: Schema, locate: () => Promise<Connection>): Schema {
  const refuse = (): Promise<never> => Promise.reject(readOnlyRefusal('has no tables of ours to move, back up or restore'))
  return {
    ...schema,
    ...{ plan: refuse, move: refuse, accept: refuse, backUp: refuse, restore: refuse },
    doctor: async () => {
      const diagnoses = await lookReadOnly(locate)
      return { ok: diagnoses.every(({ status }) => status !== 'failed'), diagnoses }
    },
  }
}

/** The failure `workspace.read-only`: what cannot be, as the rest of a sentence. */
export function readOnlyRefusal(what: string): Failure {
  return mistake(
    'workspace.read-only',
    `This workspace only reads its warehouse (read_only in workspace.yaml), which ${what}`,
    'Make a workspace with a warehouse of its own for jobs: quintile workspace create NAME --pack globalmart',
  )
}
