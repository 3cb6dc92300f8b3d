/** The stream of server-sent events: opened, kept open, and read event by event. */
import { liveEventSchema, type LiveEvent } from '../shared/contract/events.ts'
import { EVENTS_PATH } from '../shared/contract/index.ts'

interface Listener {
  opened: () => void
  /** The stream broke; it is tried again without further ado. */
  lost: () => void
  heard: (event: LiveEvent) => void
}

/** Every kind of event, so that the compiler misses one that is new. */
const KINDS: Record<LiveEvent['type'], true> = {
  run: true,
  step: true,
  progress: true,
  'dry-run': true,
  warehouse: true,
  changed: true,
  snapshot: true,
}
const EVENT_NAMES = ['message', ...Object.keys(KINDS)]
/** A stream that the server closed for good is opened again after this long. */
const REOPEN_MS = 3_000

/** One event, or null where the text does not fit: the next reading of the page is right without it. */
export function readEvent(text: string): LiveEvent | null {
  try {
    return liveEventSchema.safeParse(JSON.parse(text)).data ?? null
  } catch {
    return null
  }
}

/** Opens the stream and keeps it open; the returned function closes it. */
export function openEventStream({ opened, lost, heard }: Listener): () => void {
  let source: EventSource
  let timer: ReturnType<typeof setTimeout> | undefined
  const start = (): void => {
    source = new EventSource(EVENTS_PATH)
    source.onopen = opened
    source.onerror = () => {
      lost()
      // The browser retries a broken stream by itself, but not a refused one.
      if (source.readyState === EventSource.CLOSED) timer = setTimeout(start, REOPEN_MS)
    }
    for (const name of EVENT_NAMES) {
      source.addEventListener(name, ({ data }: MessageEvent<string>) => {
        const event = readEvent(data)
        if (event !== null) heard(event)
      })
    }
  }
  start()
  return () => {
    clearTimeout(timer)
    source.close()
  }
}
