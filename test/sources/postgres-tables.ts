/** What the tests of PostgreSQL sources share: writers beside the reader, and landing rows as a step lands them. */
import { pipeline } from 'node:stream/promises'
import pg from 'pg'
import { from as copyFrom } from 'pg-copy-streams'
import type { SourceConnection, SourceReader } from '../../server/sources/index.ts'

/**
 * A connection of somebody else’s, with times in UTC. What it commits is in the log at once, as at any real source: the test
 * server writes lazily, and the log is read only as far as it is written.
 */
export async function openWriter(connection: SourceConnection): Promise<pg.Client> {
  const { host, port, user, password, database } = connection
  const client = new pg.Client({
    host,
    port,
    user,
    password,
    database,
    application_name: 'the source’s own writer',
    options: '-c TimeZone=UTC -c synchronous_commit=on',
  })
  client.on('error', () => undefined)
  await client.connect()
  return client
}

/** Copies what the reader gives into a temporary table and answers with its rows, every value as text. */
export async function copyInto(needs: {
  reader: SourceReader
  sql: string
  landing: pg.Client
  table: string
}): Promise<Record<string, string | null>[]> {
  const { reader, sql, landing, table } = needs
  const columns = await reader.describe(sql)
  const names = columns.map(({ name }) => pg.escapeIdentifier(name))
  await landing.query(`DROP TABLE IF EXISTS ${table}`)
  await landing.query(`CREATE TEMP TABLE ${table} (${columns.map(({ type }, index) => `${names[index]!} ${type}`).join(', ')})`)
  const copy = landing.query(copyFrom(`COPY ${table} FROM STDIN (FORMAT binary)`))
  await reader.copyOut(sql, (rows) => pipeline(rows, copy))
  const { rows } = await landing.query<Record<string, string | null>>(
    `SELECT ${names.map((name) => `${name}::text`).join(', ')} FROM ${table}`,
  )
  return rows
}
