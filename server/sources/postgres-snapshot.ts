/**
 * One moment of a PostgreSQL source for all jobs of a run, although they read at once over several connections: the first
 * connection takes a snapshot and exports it, the others enter it. It stays open until the run is over, because a snapshot
 * lives as long as the transaction that exported it.
 *
 * Where a server exports no snapshot, or the connections reach different servers (a balancer before standbys), all readers
 * take turns on that one connection, and the moment says so: slower, but never tables of different moments.
 */
import pg from 'pg'
import { connectWith, beginReading, placeOf, sqlState, toSourceFailure, type SourceConnection } from './postgres-connection.ts'
import { ownConnection } from './postgres.ts'
import { openReader, type Lender, type SourceReader } from './postgres-reader.ts'

export interface SourceMoment {
  /** When the snapshot was taken, by the source's clock: ISO 8601, UTC. */
  at: string
  /** Which transactions it sees: `xmin:xmax:running`. */
  snapshot: string
  /** Why the readers take turns on one connection; null when each has its own. */
  note: string | null
}

export interface PostgresSources {
  /** A reader of the run's moment, with a connection of its own where that is possible. Close it when its job has read. */
  reader(): SourceReader
  /** The moment that the run reads. Errors: `source.failed`. */
  moment(): Promise<SourceMoment>
  /** Ends the snapshot and closes the readers. */
  close(): Promise<void>
}

/** The connection that holds the moment. */
interface Holder {
  client: pg.Client
  moment: SourceMoment
  /** What the other connections name to enter; null when they cannot. */
  exported: string | null
  isCut: boolean
  /** Stops what keeps the connection from being taken for a forgotten one. */
  rest(): void
}

/**
 * Opens a source for one run; connects on first use.
 * @param onNewMoment told when the connection that held the moment was cut and another moment had to be taken: steps that
 *   read before and after saw different moments
 */
export function openPostgresSources(
  connection: SourceConnection,
  { onNewMoment }: { onNewMoment?: (moment: SourceMoment) => void } = {},
): PostgresSources {
  const holding = holdMoment(connection, onNewMoment)
  const turns = takeTurns(holding.current)
  const readers = new Set<SourceReader>()
  return {
    reader: () => {
      const reader = openReader(connection, lendInMoment(connection, holding, turns))
      readers.add(reader)
      return reader
    },
    moment: async () => {
      try {
        return (await holding.current()).moment
      } catch (thrown) {
        throw toSourceFailure(thrown, placeOf(connection))
      }
    },
    close: async () => {
      await Promise.all([...readers].map((reader) => reader.close()))
      await holding.close()
    },
  }
}

/** A connection of the reader's own inside the snapshot, or its turn on the one that holds it. */
function lendInMoment(connection: SourceConnection, holding: Holding, turns: Lender['lend']): Lender {
  const own = ownConnection(() => enter(connection, holding))
  return {
    lend: async (work) => {
      const { exported } = await holding.current()
      if (exported === null) return turns(work)
      try {
        return await own.lend(work)
      } catch (thrown) {
        if (thrown instanceof CannotEnter) return turns(work)
        throw thrown
      }
    },
    close: () => own.close(),
  }
}

/** The moment lives, but a second connection does not get into it. */
class CannotEnter extends Error {}

interface Holding {
  /** The holder, opened if there is none or it was cut. */
  current(): Promise<Holder>
  close(): Promise<void>
}

function holdMoment(connection: SourceConnection, onNewMoment: ((moment: SourceMoment) => void) | undefined): Holding {
  let opening: Promise<Holder> | undefined
  let latest: Holder | undefined
  let isFirst = true
  const open = async (): Promise<Holder> => {
    latest = await openHolder(connection)
    if (!isFirst) onNewMoment?.(latest.moment)
    isFirst = false
    return latest
  }
  return {
    current: () => {
      if (latest?.isCut === true) latest = opening = undefined
      if (opening === undefined) {
        const attempt = open()
        opening = attempt
        // A failed attempt is not kept: the next use may find the source again.
        attempt.catch(() => {
          if (opening === attempt) opening = undefined
        })
      }
      return opening
    },
    close: async () => {
      const holder = await opening?.catch(() => undefined)
      holder?.rest()
      await holder?.client.end()
    },
  }
}

/** An idle transaction is kept for five minutes after the last sign of life, so that a laptop that falls asleep frees its source. */
const IDLE_MS = 300_000

const MOMENT = `SELECT to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS at, txid_current_snapshot()::text AS snapshot,
  (SELECT setting::int FROM pg_settings WHERE name = 'idle_in_transaction_session_timeout') AS idle_ms`

async function openHolder(connection: SourceConnection): Promise<Holder> {
  let taken: Taken | undefined
  const client = await connectWith(connection, async (fresh) => void (taken = await takeMoment(fresh)))
  const { exported = null, idle_ms = 0, ...moment } = taken ?? { at: '', snapshot: '', note: null }
  // The source's own limit for idle transactions holds too; a third of it leaves room for a slow network.
  const idleMs = Math.min(IDLE_MS, idle_ms === 0 ? IDLE_MS : idle_ms)
  if (idle_ms !== idleMs) await client.query(`SET idle_in_transaction_session_timeout = ${String(idleMs)}`)
  const signs = setInterval(() => void client.query('SELECT 1').catch(() => undefined), Math.max(200, idleMs / 3)).unref()
  const holder: Holder = { client, exported, moment, isCut: false, rest: () => clearInterval(signs) }
  client.once('end', () => {
    holder.isCut = true
    holder.rest()
  })
  return holder
}

interface Taken extends SourceMoment {
  exported: string | null
  idle_ms: number
}

/** Begins the transaction whose snapshot all share, and begins it anew where the export was refused: that ended the first. */
async function takeMoment(client: pg.Client): Promise<Taken> {
  const begin = async () => {
    await beginReading(client)
    return (await client.query<Omit<Taken, 'note' | 'exported'>>(MOMENT)).rows[0] ?? { at: '', snapshot: '', idle_ms: 0 }
  }
  const moment = await begin()
  try {
    const { rows } = await client.query<{ name: string }>('SELECT pg_export_snapshot() AS name')
    return { ...moment, exported: rows[0]?.name ?? null, note: null }
  } catch (thrown) {
    if (sqlState(thrown) === '') throw thrown
    await client.query('ROLLBACK')
    return { ...(await begin()), exported: null, note: turnsNote(thrown) }
  }
}

function turnsNote(thrown: unknown): string {
  const why = thrown instanceof Error ? thrown.message : String(thrown)
  return `the jobs read this source one after another over one connection, so that its tables show the same moment: it hands over no snapshot (${why})`
}

/** A connection inside the holder's snapshot. When the holder was cut meanwhile, the failure is the world's, and the next try takes a new moment. */
async function enter(connection: SourceConnection, holding: Holding): Promise<pg.Client> {
  const holder = await holding.current()
  try {
    return await connectWith(connection, async (client) => {
      await beginReading(client)
      await client.query(`SET TRANSACTION SNAPSHOT ${pg.escapeLiteral(holder.exported ?? '')}`)
    })
  } catch (thrown) {
    if (!/^(22|42|0A|55)/.test(sqlState(thrown))) throw thrown
    const lives = await holder.client.query('SELECT 1').then(
      () => true,
      () => false,
    )
    if (!lives) {
      holder.isCut = true
      return enter(connection, holding)
    }
    holder.exported = null
    holder.moment = { ...holder.moment, note: turnsNote(thrown) }
    throw new CannotEnter()
  }
}

/** Work on the one connection, a piece at a time; what fails is rolled back to where it began, so that the moment stays. */
function takeTurns(current: () => Promise<Holder>): Lender['lend'] {
  let last: Promise<unknown> = Promise.resolve()
  const turn = async <T>(work: (client: pg.Client) => Promise<T>): Promise<T> => {
    const { client } = await current()
    await client.query('SAVEPOINT turn')
    try {
      return await work(client)
    } catch (thrown) {
      // On a connection that is gone there is nothing to roll back; the next turn takes a new moment.
      await client.query('ROLLBACK TO SAVEPOINT turn').catch(() => undefined)
      throw thrown
    } finally {
      await client.query('RELEASE SAVEPOINT turn').catch(() => undefined)
    }
  }
  return (work) => {
    const mine = last.then(() => turn(work))
    last = mine.catch(() => undefined)
    return mine
  }
}
