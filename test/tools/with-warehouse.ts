/** A database of its own for each test file, cloned from a template; a file that leaves a connection open in it fails. */
import pg from 'pg'
import { afterAll, beforeAll, inject } from 'vitest'
import type { Connection } from '../../server/warehouse/index.ts'

/** What the clones of one kind start from; built once per run, by whichever file comes first. */
export interface Template {
  /** Small letters, digits and `_`; the same name must always mean the same contents. */
  name: string
  /** Fills the template and closes every connection that it opened. */
  build(connection: Connection): Promise<void>
}

/** The file's database; `connection` may be read once the tests run, not while they are collected. */
export interface TestDatabase {
  readonly connection: Connection
}

// How long a backend may take to leave pg_stat_activity after its client has closed: 100 looks of 20 ms.
const LOOKS = 100

/**
 * Call at the top of a test file (or of a `describe`). Creates the database before the first test and drops it after the
 * last; connections that are still open then are cut, and the file fails with their names and last statements.
 */
export function withDatabase(template?: Template): TestDatabase {
  let connection: Connection | null = null
  beforeAll(async () => {
    connection = await createDatabase(template)
  })
  afterAll(async () => {
    if (connection !== null) await dropDatabase(connection)
  })
  return {
    get connection() {
      if (connection === null) throw new Error('The database exists only while tests run: read `connection` inside a test or a hook')
      return connection
    },
  }
}

/** Creates one more database, empty or cloned from the template; whoever asks for it drops it with `dropDatabase`. */
export async function createDatabase(template?: Template): Promise<Connection> {
  return await asAdministrator(async (admin) => {
    const source = template === undefined ? 'template0' : await readyTemplate(admin, template)
    const database = `test_${crypto.randomUUID().replaceAll('-', '').slice(0, 16)}`
    await admin.query(`CREATE DATABASE ${database} TEMPLATE ${source}`)
    return { ...inject('warehouseServer'), database }
  })
}

/** Drops the database. Rejects, after dropping it, when connections to it were still open. */
export async function dropDatabase({ database }: Connection): Promise<void> {
  const open = await asAdministrator(async (admin) => {
    const left = await connectionsLeft(admin, database)
    await admin.query(`DROP DATABASE IF EXISTS ${database} WITH (FORCE)`)
    return left
  })
  if (open.length === 0) return
  const list = open.map((one) => `  ${one.application_name} (${one.state ?? 'no state'}): ${one.query}`).join('\n')
  throw new Error(`${String(open.length)} connections to the test database were left open; close what the test opened:\n${list}`)
}

async function asAdministrator<T>(work: (admin: pg.Client) => Promise<T>): Promise<T> {
  const admin = new pg.Client({ ...inject('warehouseServer'), database: 'postgres', application_name: 'quintile tests' })
  await admin.connect()
  try {
    return await work(admin)
  } finally {
    await admin.end()
  }
}

async function readyTemplate(admin: pg.Client, { name, build }: Template): Promise<string> {
  const database = `template_${name}`
  // Several workers may want the same template at once; the first builds it, the others wait here.
  await admin.query('SELECT pg_advisory_lock(hashtext($1))', [database])
  const known = await admin.query('SELECT 1 FROM pg_database WHERE datname = $1', [database])
  if (known.rowCount === 0) {
    const draft = `draft_${name}`
    await admin.query(`DROP DATABASE IF EXISTS ${draft} WITH (FORCE)`)
    await admin.query(`CREATE DATABASE ${draft} TEMPLATE template0`)
    await build({ ...inject('warehouseServer'), database: draft })
    // Also waits for the builder's connections to leave: a database in use cannot be renamed or cloned.
    await connectionsLeft(admin, draft)
    await admin.query(`ALTER DATABASE ${draft} RENAME TO ${database}`)
  }
  await admin.query('SELECT pg_advisory_unlock(hashtext($1))', [database])
  return database
}

interface OpenConnection {
  application_name: string
  state: string | null
  query: string
}

async function connectionsLeft(admin: pg.Client, database: string): Promise<OpenConnection[]> {
  const look = `SELECT application_name, state, left(query, 120) AS query FROM pg_stat_activity
    WHERE datname = $1 AND backend_type = 'client backend' ORDER BY backend_start`
  for (let looks = 0; looks < LOOKS; looks += 1) {
    const { rows } = await admin.query<OpenConnection>(look, [database])
    if (rows.length === 0) return []
    await admin.query('SELECT pg_sleep(0.02)')
  }
  return (await admin.query<OpenConnection>(look, [database])).rows
}
