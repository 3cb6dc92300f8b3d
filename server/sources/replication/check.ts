/** Tries what the jobs of a replication source need. */
import { toSourceFailure } from '../postgres-connection.ts'
import { tryStep, type SourceCheck } from '../source-check.ts'
import { obstacleOf, quoteStream, type ReplicationPlace } from './facts.ts'
import { readPublished } from './publication.ts'
import { openSession, whereIs, type SourceSession } from './session.ts'
import { guardCreation, readSlot } from './slots.ts'

/** Errors: none; they are what it answers. */
export async function checkReplication(place: ReplicationPlace): Promise<SourceCheck[]> {
  const where = whereIs(place)
  let session: SourceSession | undefined
  const connected = await tryStep('connect', async () => {
    session = await openSession(place, new AbortController().signal).catch((thrown: unknown) => {
      throw toSourceFailure(thrown, where)
    })
    const { version, user } = session.facts
    return `${where} as ${user}, PostgreSQL ${String(Math.floor(version / 10_000))}.${String(version % 10_000)}`
  })
  if (session === undefined) return [connected]
  const opened = session
  try {
    const checks = [connected, await tryStep('replication', () => describeReplication(place, opened))]
    for (const stream of Object.keys(place.settings.tables))
      checks.push(await tryStep(`table ${stream}`, () => describeTable(place, opened, stream)))
    checks.push(await tryStep(`slot ${place.settings.slot}`, () => describeSlot(place, opened)))
    return checks
  } finally {
    await opened.client.end()
  }
}

async function describeReplication(place: ReplicationPlace, { facts }: SourceSession): Promise<string> {
  const obstacle = obstacleOf(place, facts)
  if (obstacle !== undefined) throw obstacle
  return 'wal_level is logical and the login may use replication'
}

async function describeTable(place: ReplicationPlace, { client }: SourceSession, stream: string): Promise<string> {
  const { columns, key, silent } = await readPublished(client, place, stream)
  // Reading it needs SELECT as well, which publishing does not.
  await client.query(`SELECT FROM ${quoteStream(stream)} LIMIT 0`)
  const identity = key.length === 0 ? 'the whole row identifies it' : `key ${key.join(', ')}`
  return `${String(columns.length)} columns, ${identity}${silent.length === 0 ? '' : `; the publication leaves out ${silent.join(' and ')}`}`
}

async function describeSlot(place: ReplicationPlace, { client, facts }: SourceSession): Promise<string> {
  const slot = await readSlot(client, place)
  if (slot !== undefined) return slot.isLost ? 'it was invalidated; the next whole read makes it again' : 'it is there'
  guardCreation(place, facts)
  return 'it is made by the first run'
}
