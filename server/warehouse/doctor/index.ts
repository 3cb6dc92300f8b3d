/**
 * Can this login do the work? From the host’s name to the last grant, step by step: what fails is named, with the SQL to
 * hand to a database administrator; what could not be looked at for that reason is skipped.
 */
import type pg from 'pg'
import { toFailure } from '../../../shared/failure.ts'
import { openClient, type Connection } from '../connection.ts'
import { objectsMadeBy, readFiles, type MigrationSet } from '../migrations/files.ts'
import type { Migrations } from '../migrations/index.ts'
import { toSession } from '../session.ts'
import { checkAdvisoryLocks, checkCancel, checkListen, checkTempTables } from './abilities.ts'
import { failed, skipped, type Diagnosis } from './diagnosis.ts'
import { checkLogin } from './login.ts'
import { checkName, checkPort, checkTls } from './reach.ts'
import { checkDatabaseRights, checkSchemaRights, checkTableRights } from './rights.ts'
import { checkClock, checkRoom, checkVersion, checkWal } from './server.ts'
import { checkMigrations, checkTables } from './tables.ts'

export type { Diagnosis } from './diagnosis.ts'

export interface DoctorNeeds {
  locate(): Promise<Connection>
  migrations: Migrations
  sets: readonly MigrationSet[]
  codeVersion: string
  clock(): number
}

export interface DoctorReport {
  /** False when something that is needed is missing; warnings are none. */
  ok: boolean
  diagnoses: Diagnosis[]
}

/** Looks at everything it can reach; never rejects for what it finds. Writes nothing that outlives it. */
export async function runDoctor(needs: DoctorNeeds): Promise<DoctorReport> {
  const diagnoses: Diagnosis[] = []
  const note = (...found: Diagnosis[]): void => void diagnoses.push(...found)
  const client = await reach(needs, note)
  if (client === null) {
    note(skipped('rights', 'Rights, locks, messages, tables and room were not looked at: there is no connection'))
  } else {
    try {
      await examine(needs, client, note)
    } catch (thrown) {
      const failure = toFailure(thrown)
      note(failed('examination', `The examination broke off: ${failure.message}`, { hint: failure.hint ?? undefined }))
    } finally {
      await client.end()
    }
  }
  return { ok: diagnoses.every((diagnosis) => diagnosis.status !== 'failed'), diagnoses }
}

type Note = (...found: Diagnosis[]) => void

async function reach({ locate }: DoctorNeeds, note: Note): Promise<pg.Client | null> {
  let connection: Connection
  try {
    connection = await locate()
  } catch (thrown) {
    const failure = toFailure(thrown)
    note(failed('server', failure.message, { hint: failure.hint ?? undefined }))
    return null
  }
  for (const step of [checkName, checkPort, checkTls]) {
    const diagnosis = await step(connection)
    note(diagnosis)
    if (diagnosis.status === 'failed') return null
  }
  const { client, diagnoses } = await checkLogin(connection)
  note(...diagnoses)
  return client
}

async function examine({ locate, migrations, sets, codeVersion, clock }: DoctorNeeds, first: pg.Client, note: Note): Promise<void> {
  const connection = await locate()
  const session = toSession(first)
  note(...(await checkVersion(session)))
  const states = await migrations.states().catch((thrown: unknown) => toFailure(thrown))
  const pending = Array.isArray(states) ? states.reduce((sum, state) => sum + state.pending.length, 0) : 0
  // By the files, not by the catalogue: a login without rights cannot read that, and shall be told all of them at once.
  const made = (await Promise.all(sets.map(readFiles))).flat().flatMap(objectsMadeBy)
  const drift = await checkTables(
    session,
    sets.map((set) => set.name),
  )
  note(await checkDatabaseRights(session, pending), ...(await checkSchemaRights(session, made)), ...(await checkTableRights(session, made)))
  const second = await openClient(connection, 'quintile doctor')
  try {
    const pair = { first, second }
    note(await checkTempTables(pair), await checkAdvisoryLocks(pair), await checkCancel(pair), await checkListen(pair))
  } finally {
    await second.end()
  }
  if (Array.isArray(states)) note(...checkMigrations(states, codeVersion))
  else note(failed('migrations', states.message, { hint: states.hint ?? undefined }))
  note(drift, ...(await checkRoom(session, connection)), await checkClock(session, clock), await checkWal(session))
}
