/** Reads a PostgreSQL source by SQL, over a connection that somebody lends. */
import type { Readable } from 'node:stream'
import type pg from 'pg'
import { to as copyTo } from 'pg-copy-streams'
import { Failure } from '../../shared/failure.ts'
import { cancelBackend, placeOf, sqlState, toSourceFailure, type SourceConnection } from './postgres-connection.ts'
import { resolveTypes } from './postgres-types.ts'

export interface SourceColumn {
  name: string
  /** PostgreSQL type with its modifier, e.g. `numeric(12,2)`. */
  type: string
}

export interface SourceReader {
  /** Columns that a query gives, without running it, with the types in which `copyOut` hands them over. */
  describe(sql: string): Promise<SourceColumn[]>
  /** Runs the query and hands its rows over as a COPY binary stream. What `take` itself fails at, it throws as a `Failure`. */
  copyOut(sql: string, take: (rows: Readable) => Promise<void>): Promise<void>
  /** Stops the call under way, which then rejects; harmless when there is none. */
  cancel(): Promise<void>
  close(): Promise<void>
}

/** Lends a connection within a read-only transaction for one piece of work. When the work fails, the lender sees to the connection. */
export interface Lender {
  lend<T>(work: (client: pg.Client) => Promise<T>): Promise<T>
  close(): Promise<void>
}

/** A call under way: its connection once it has one, and whether it was cancelled meanwhile. */
interface Call {
  client: pg.Client | undefined
  cancelled: boolean
}

/** A reader over what the lender lends. Errors of its calls: `source.failed`, `source.cancelled`. */
export function openReader(connection: SourceConnection, lender: Lender): SourceReader {
  const { call, cancel } = trackCalls(connection, lender)
  // A job asks for the columns and then for the rows: the second question is answered by the first.
  let known: { sql: string; columns: DescribedColumn[] } | undefined
  const columnsOf = async (client: pg.Client, sql: string): Promise<DescribedColumn[]> => {
    if (known?.sql !== sql) known = { sql, columns: await describeColumns(client, sql) }
    return known.columns
  }
  return {
    describe: (sql) => call(async ({ client }) => (await columnsOf(client, sql)).map(({ name, type }) => ({ name, type }))),
    copyOut: (sql, take) =>
      call(async ({ client, proceed }) => {
        const query = asPortable(sql, await columnsOf(client, sql))
        proceed()
        await copyRows(connection, { client, query, take })
      }),
    cancel,
    close: () => lender.close(),
  }
}

interface LentCall {
  client: pg.Client
  /** Throws when the call was cancelled: what was not sent yet cannot be stopped at the server. */
  proceed(): void
}

function trackCalls(connection: SourceConnection, lender: Lender) {
  const where = placeOf(connection)
  const calls = new Set<Call>()
  const call = async <T>(work: (lent: LentCall) => Promise<T>): Promise<T> => {
    const own: Call = { client: undefined, cancelled: false }
    const proceed = (): void => {
      if (own.cancelled) throw new Failure({ kind: 'stop', code: 'source.cancelled', message: `Reading from ${where} was cancelled` })
    }
    calls.add(own)
    try {
      return await lender.lend(async (client) => {
        own.client = client
        proceed()
        return work({ client, proceed })
      })
    } catch (thrown) {
      throw toSourceFailure(thrown, where)
    } finally {
      calls.delete(own)
    }
  }
  const cancel = async (): Promise<void> => {
    for (const one of calls) one.cancelled = true
    const busy = [...calls].flatMap(({ client }) => client ?? [])
    await Promise.all(busy.map((client) => cancelBackend(connection, client)))
  }
  return { call, cancel }
}

interface CopyNeeds {
  client: pg.Client
  query: string
  take(rows: Readable): Promise<void>
}

async function copyRows(connection: SourceConnection, { client, query, take }: CopyNeeds): Promise<void> {
  try {
    await take(client.query(copyTo(`COPY (\n${query}\n) TO STDOUT (FORMAT binary)`)))
  } catch (thrown) {
    // A failure of the taker's own: the source would go on with rows that nobody takes, and the connection is full of them.
    const stopped = thrown instanceof Failure ? cancelBackend(connection, client).catch(() => undefined) : undefined
    if (sqlState(thrown) === '') await client.end()
    await stopped
    throw thrown
  }
}

interface DescribedColumn extends SourceColumn {
  cast: boolean
}

async function describeColumns(client: pg.Client, sql: string): Promise<DescribedColumn[]> {
  // On lines of its own, since the query may end in a remark. LIMIT 0 plans and describes without reading; the modifier keeps numeric(12,2) from becoming numeric.
  const { fields } = await client.query(`SELECT * FROM (\n${sql}\n) AS described LIMIT 0`)
  const types = await resolveTypes(
    client,
    fields.map((field) => ({ oid: field.dataTypeID, modifier: field.dataTypeModifier })),
  )
  return fields.map((field, index) => ({ name: field.name, type: 'text', cast: true, ...types[index] }))
}

/** The query itself where every type is understood, so that the usual case costs nothing; columns by place, as names may repeat. */
function asPortable(sql: string, columns: readonly DescribedColumn[]): string {
  if (!columns.some(({ cast }) => cast)) return sql
  const names = columns.map((_, index) => `c${String(index)}`)
  const values = columns.map(({ type, cast }, index) => (cast ? `c${String(index)}::${type}` : `c${String(index)}`))
  return `SELECT ${values.join(', ')} FROM (\n${sql}\n) AS described (${names.join(', ')})`
}
