/** The login and the database it asks for. */
import type pg from 'pg'
import { toFailure } from '../../../shared/failure.ts'
import { openClient, type Connection } from '../connection.ts'
import { failed, ok, type Diagnosis } from './diagnosis.ts'

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`

const NO_DATABASE = '3D000'
const NO_CONNECT = '42501'

/** Connects; the client is null where that failed, and the last diagnosis says why. */
export async function checkLogin(connection: Connection): Promise<{ client: pg.Client | null; diagnoses: Diagnosis[] }> {
  const { user, database } = connection
  try {
    const client = await openClient(connection, 'quintile doctor')
    return { client, diagnoses: [ok('login', `Logged in as ${user}`), ok('database', `The database ${database} is there`)] }
  } catch (thrown) {
    const failure = toFailure(thrown)
    const code = failure.details['sqlstate']
    const loggedIn = ok('login', `Logged in as ${user}`)
    if (code === NO_DATABASE) {
      const grant = `CREATE DATABASE ${quoted(database)} OWNER ${quoted(user)};`
      return { client: null, diagnoses: [loggedIn, failed('database', `There is no database ${database}`, { grant })] }
    }
    if (code === NO_CONNECT) {
      const grant = `GRANT CONNECT ON DATABASE ${quoted(database)} TO ${quoted(user)};`
      return { client: null, diagnoses: [loggedIn, failed('database', `${user} may not use the database ${database}`, { grant })] }
    }
    return { client: null, diagnoses: [failed('login', `${user} cannot log in: ${failure.message}`, { hint: failure.hint ?? undefined })] }
  }
}
