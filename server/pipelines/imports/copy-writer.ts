/** A COPY into the warehouse that waits when the server is slower, and that fails with the server's own error. */
import type { Session } from '../../warehouse/index.ts'
import { toWarehouseFailure } from '../../warehouse/index.ts'

export interface CopyWriter {
  /** Resolves when more may be written. */
  write(bytes: Buffer): Promise<void>
  /** Resolves when the server has taken every row. */
  end(): Promise<void>
  /** Gives up; resolves when the connection can be used for ROLLBACK. Never rejects. */
  abandon(): Promise<void>
}

/** Begins `sql`, a `COPY … FROM STDIN`. Errors of `write` and `end`: those of the warehouse. */
export function openCopy(session: Session, sql: string): CopyWriter {
  const stream = session.copyIn(sql)
  let error: unknown
  let wake: (() => void) | null = null
  const settle = (): void => {
    const waiting = wake
    wake = null
    waiting?.()
  }
  // The first error is the cause; what follows ("write after end", EPIPE) only tells that the stream is gone.
  stream.on('error', (thrown: unknown) => {
    error ??= thrown
    settle()
  })
  for (const event of ['drain', 'finish', 'close']) stream.on(event, settle)
  const turn = (): Promise<void> =>
    new Promise((resolve) => {
      wake = resolve
    })
  const check = (): void => {
    if (error !== undefined) throw toWarehouseFailure(error)
  }
  return {
    write: async (bytes) => {
      check()
      if (!stream.write(bytes)) await turn()
      check()
    },
    end: async () => {
      check()
      stream.end()
      while (!stream.writableFinished && error === undefined) await turn()
      check()
    },
    abandon: async () => {
      if (error !== undefined || stream.writableFinished) return
      stream.destroy(new Error('the import was given up'))
      while (!stream.closed && error === undefined) await turn()
    },
  }
}
