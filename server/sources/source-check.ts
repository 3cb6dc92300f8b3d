/** What `quintile sources test` tries, step by step. */
import { connect, placeOf, toSourceFailure, type SourceConnection } from './postgres-connection.ts'
import { openPostgresSources } from './postgres-snapshot.ts'

/** One step: what was tried and how it ended. */
export interface SourceCheck {
  step: string
  ok: boolean
  /** What was found, or what is wrong. */
  detail: string
  /** What to do; null when all is well. */
  hint: string | null
}

/** Does one step; what it throws is what is wrong. */
export async function tryStep(step: string, look: () => Promise<string>): Promise<SourceCheck> {
  try {
    return { step, ok: true, detail: await look(), hint: null }
  } catch (thrown) {
    const { message, hint } = toSourceFailure(thrown, step)
    return { step, ok: false, detail: message, hint }
  }
}

const VERSION = `SELECT current_setting('server_version') AS version, current_user::text AS user`

/** Tries a PostgreSQL source that jobs ask by SQL. Errors: none; they are what it answers. */
export async function checkPostgresSource(connection: SourceConnection): Promise<SourceCheck[]> {
  const where = placeOf(connection)
  const connected = await tryStep('connect', async () => {
    const client = await connect(connection).catch((thrown: unknown) => {
      throw toSourceFailure(thrown, where)
    })
    const { rows } = await client.query<{ version: string; user: string }>(VERSION).finally(() => client.end())
    return `${where} as ${rows[0]?.user ?? ''}, PostgreSQL ${rows[0]?.version ?? ''}`
  })
  if (!connected.ok) return [connected]
  const snapshot = await tryStep('snapshot', async () => {
    const sources = openPostgresSources(connection)
    const { at, note } = await sources.moment().finally(() => sources.close())
    return note ?? `all tables of a run are read as they are at one moment (now ${at})`
  })
  return [connected, snapshot]
}
