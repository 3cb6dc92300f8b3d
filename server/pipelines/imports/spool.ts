/** A temporary file that grows at its end and is read once; it is created with the first piece and removed by `close`. */
import { closeSync, createReadStream, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { mistake } from '../../../shared/failure.ts'

export interface Spool {
  /** Errors: `import.disk-full`, `import.spool-failed`. */
  append(pieces: readonly Buffer[]): void
  read(): AsyncIterable<Buffer>
  close(): void
}

/** Opens nothing until something is appended. */
export function openSpool(): Spool {
  let open: { folder: string; path: string; file: number } | null = null
  return {
    append(pieces) {
      try {
        open ??= create()
        for (const piece of pieces) writeWhole(open.file, piece)
      } catch (thrown) {
        throw toSpoolFailure(thrown)
      }
    },
    async *read() {
      if (open !== null) for await (const piece of createReadStream(open.path, { highWaterMark: 1 << 18 })) yield piece as Buffer
    },
    close() {
      if (open === null) return
      closeSync(open.file)
      rmSync(open.folder, { recursive: true, force: true })
      open = null
    },
  }
}

function create(): { folder: string; path: string; file: number } {
  const folder = mkdtempSync(join(tmpdir(), 'quintile-rejects-'))
  const path = join(folder, 'rejects')
  return { folder, path, file: openSync(path, 'w', 0o600) }
}

function writeWhole(file: number, piece: Buffer): void {
  for (let at = 0; at < piece.length;) at += writeSync(file, piece, at)
}

function toSpoolFailure(thrown: unknown): unknown {
  if (!(thrown instanceof Error) || !('code' in thrown)) return thrown
  const full = thrown.code === 'ENOSPC' || thrown.code === 'EDQUOT'
  const why = full ? `The disk of ${tmpdir()} is full` : `The rejects cannot be kept in ${tmpdir()}: ${thrown.message}`
  return mistake(full ? 'import.disk-full' : 'import.spool-failed', `${why}; nothing was imported`, {
    hint: 'Free space there, or set TMPDIR to a folder with space; then import again.',
    details: { folder: tmpdir() },
  })
}
