/** A PostgreSQL database to read from: read-only transactions, COPY binary out, nothing ever written. */
import type pg from 'pg'
import { beginReading, connectWith, type SourceConnection } from './postgres-connection.ts'
import { openReader, type Lender, type SourceReader } from './postgres-reader.ts'

export type { SourceConnection } from './postgres-connection.ts'
export type { SourceColumn, SourceReader } from './postgres-reader.ts'

/** Connects on first use and keeps one read-only snapshot until `close` or a failure, so that all tables show the same moment. */
export function openPostgresSource(connection: SourceConnection): SourceReader {
  return openReader(
    connection,
    ownConnection(() => connectWith(connection, beginReading)),
  )
}

/**
 * A connection for one reader alone, opened at first use. After a failure its transaction is of no use and it is given up;
 * the next use opens another.
 */
export function ownConnection(open: () => Promise<pg.Client>): Lender {
  let opened: Promise<pg.Client> | undefined
  const giveUp = async (): Promise<void> => {
    const client = await opened?.catch(() => undefined)
    opened = undefined
    await client?.end()
  }
  return {
    lend: async (work) => {
      opened ??= open()
      try {
        return await work(await opened)
      } catch (thrown) {
        await giveUp()
        throw thrown
      }
    },
    close: giveUp,
  }
}
