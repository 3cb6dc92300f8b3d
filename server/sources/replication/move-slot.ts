/** Lets the slot forget what every job has stored. */
import { parseLsn, type StreamPosition, type WatermarkPosition } from './position.ts'
import type { ReplicationPlace } from './facts.ts'
import { mayMoveSlot, openSlotSession, withSlot } from './session.ts'
import { readSlot } from './slots.ts'

export interface StoredPositions {
  /** The one that was stored just now. */
  position: StreamPosition | WatermarkPosition
  /** Of all jobs of the source. */
  others: readonly (StreamPosition | WatermarkPosition)[]
}

/** Moves it to the least position of its jobs; leaves it where it is while a table is copied, whose position is not stored yet. */
export async function moveSlot(place: ReplicationPlace, { position, others }: StoredPositions): Promise<void> {
  if (position.mode !== 'stream') return
  const stored = [position, ...others].flatMap((one) => (one.mode === 'stream' && one.system === position.system ? [one.lsn] : []))
  const least = stored.reduce((lowest, lsn) => (parseLsn(lsn) < parseLsn(lowest) ? lsn : lowest))
  const session = await openSlotSession(place, new AbortController().signal)
  const { client } = session
  try {
    await withSlot(session, place.settings.slot, async () => {
      const slot = await readSlot(client, place)
      if (slot === undefined || slot.isLost || slot.confirmed === null || parseLsn(slot.confirmed) >= parseLsn(least)) return
      if (!(await mayMoveSlot(client, place.settings.slot))) return
      await client.query('SELECT pg_replication_slot_advance($1, $2)', [place.settings.slot, least])
    })
  } finally {
    await client.end()
  }
}
