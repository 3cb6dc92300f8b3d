/** Statements by an administrator, and logins with no more rights than a test gives them. */
import pg from 'pg'
import { afterAll } from 'vitest'
import type { Connection } from '../../server/warehouse/index.ts'

/** Names without a schema are in `public`, as for the product: the tests’ login is called like the schema `quintile`. */
export const sql: typeof run = (connection, text, values) => run({ ...connection, options: '-c search_path=public' }, text, values)

/** Runs one text of statements, with PostgreSQL’s own defaults, and returns the rows of the last. */
export async function run<R = Record<string, unknown>>(
  connection: Connection & { options?: string },
  text: string,
  values?: unknown[],
): Promise<R[]> {
  const client = new pg.Client(connection)
  client.on('error', () => undefined)
  await client.connect()
  try {
    const result = (await client.query(text, values)) as pg.QueryResult | pg.QueryResult[]
    return (Array.isArray(result) ? result.at(-1)?.rows : result.rows) as R[]
  } finally {
    await client.end()
  }
}

export interface People {
  /** A login that owns nothing and may connect; `owner`: that owns the database. */
  login(administrator: Connection, options?: { owner?: boolean }): Promise<Connection>
  /** Removes a login with all that it owns, before its database goes. */
  leave(login: Connection): Promise<void>
}

/** Call at the top of a file; logins that have not left by the end do then. */
export function withPeople(): People {
  const administrators = new Map<string, Connection>()
  const leave = async ({ user }: Connection): Promise<void> => {
    const administrator = administrators.get(user)
    if (administrator === undefined) return
    administrators.delete(user)
    await sql(
      administrator,
      `ALTER DATABASE ${administrator.database} OWNER TO CURRENT_USER; DROP OWNED BY ${user} CASCADE; DROP ROLE ${user}`,
    )
  }
  afterAll(async () => {
    for (const [user, administrator] of [...administrators]) await leave({ ...administrator, user })
  })
  return {
    leave,
    login: async (administrator, { owner = false } = {}) => {
      const user = `ana_${crypto.randomUUID().slice(0, 8)}`
      await sql(administrator, `CREATE ROLE ${user} LOGIN PASSWORD 'secret' NOSUPERUSER NOCREATEDB`)
      if (owner) await sql(administrator, `ALTER DATABASE ${administrator.database} OWNER TO ${user}`)
      administrators.set(user, administrator)
      return { ...administrator, user, password: 'secret' }
    },
  }
}
