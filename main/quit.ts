/**
 * Leaving in order: running → closing → closed. `before-quit` cannot wait, so a quit is held back until `close` is
 * done and then asked for again. A second quit while closing is held back too, or it would cut the first one short.
 */
import { app } from 'electron/main'

export interface Quit {
  /** True from the first wish to quit. */
  isQuitting(): boolean
}

/** `close` must not reject and must end by itself. */
export function quitInOrder(close: () => Promise<void>): Quit {
  let state: 'running' | 'closing' | 'closed' = 'running'
  app.on('before-quit', (event) => {
    if (state === 'closed') return
    event.preventDefault()
    if (state === 'closing') return
    state = 'closing'
    void close().finally(() => {
      state = 'closed'
      app.quit()
    })
  })
  return { isQuitting: () => state !== 'running' }
}
