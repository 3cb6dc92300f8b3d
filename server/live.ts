/** Follows the warehouse's channel of run events, and comes back by itself when the warehouse was away. */
import { liveEventSchema, type LiveEvent } from '../shared/contract/events.ts'
import { toFailure } from '../shared/failure.ts'
import { LIVE_CHANNEL, type Rooms } from './assemble.ts'

export interface LiveFeed {
  close(): Promise<void>
}

/** Short enough that a mended network shows at once, long enough to cost nothing while it is away. */
const RETRY_MILLISECONDS = 2_000

export function followLive(rooms: Rooms, tell: (event: LiveEvent) => void): LiveFeed {
  let closed = false
  let known: 'online' | 'offline' | undefined
  let timer: NodeJS.Timeout | undefined
  let watch: Promise<{ close(): Promise<void> } | undefined>

  const tellState = (state: 'online' | 'offline', message: string | null): void => {
    if (known === state) return
    // The first "online" is no news.
    if (known !== undefined || state === 'offline') tell({ type: 'warehouse', state, message })
    known = state
  }
  const onMessage = (payload: string): void => {
    const parsed = liveEventSchema.safeParse(JSON.parse(payload))
    if (parsed.success) tell(parsed.data)
  }
  const again = (message: string): void => {
    if (closed) return
    tellState('offline', message)
    timer = setTimeout(() => void (watch = listen()), RETRY_MILLISECONDS)
  }
  const listen = async (): Promise<{ close(): Promise<void> } | undefined> => {
    try {
      const opened = await rooms.watch(LIVE_CHANNEL, { onMessage, onLost: () => again('The connection to the warehouse was lost') })
      tellState('online', null)
      return opened
    } catch (thrown) {
      again(toFailure(thrown).message)
      return undefined
    }
  }
  watch = listen()
  return {
    close: async () => {
      closed = true
      clearTimeout(timer)
      await (await watch)?.close()
    },
  }
}
