/** Bytes of a file, unpacked when it is gzip (told by its first two bytes, not by its name), in pieces of 256 kB. */
import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { createGunzip } from 'node:zlib'
import { Failure, mistake } from '../../../shared/failure.ts'

const PIECE = 1 << 18

export interface FileFacts {
  path: string
  /** Size on disk. */
  size: number
  gzip: boolean
}

export interface ByteReader extends AsyncIterable<Buffer> {
  /** Bytes of the file, as it lies on disk, that have been read. */
  readonly done: number
}

/** Looks at the file. Errors: `import.no-file`, `import.not-a-file`, `import.unreadable`, `import.empty-file`, `import.not-csv`. */
export async function lookAtFile(path: string): Promise<FileFacts> {
  let handle
  try {
    handle = await open(path)
    const stat = await handle.stat()
    if (stat.isDirectory()) throw mistake('import.not-a-file', `${path} is a folder`, 'Name one CSV file inside it.')
    const start = Buffer.alloc(4)
    const { bytesRead } = await handle.read(start, 0, 4, 0)
    if (bytesRead === 0) throw mistake('import.empty-file', `${path} is empty`, 'Export it again; the first line must name the columns.')
    if (start.toString('latin1', 0, 4) === 'PK\x03\x04') {
      throw mistake(
        'import.not-csv',
        `${path} is a zip archive or an Excel workbook`,
        'Unpack it, or save the sheet as CSV, and import that.',
      )
    }
    return { path, size: stat.size, gzip: start[0] === 0x1f && start[1] === 0x8b }
  } catch (thrown) {
    throw toFileFailure(thrown, path)
  } finally {
    await handle?.close()
  }
}

/** Reads from byte `start` of the unpacked contents on. Errors while iterating: `import.truncated-gzip`, `import.corrupt-gzip`, `import.unreadable`. */
export function readBytes(facts: FileFacts, start = 0): ByteReader {
  const progress = { done: facts.gzip ? 0 : start }
  const pieces = facts.gzip ? unpack(facts, progress, start) : plain(facts, progress, start)
  return {
    get done() {
      return progress.done
    },
    [Symbol.asyncIterator]: () => pieces,
  }
}

async function* plain({ path }: FileFacts, progress: { done: number }, start: number): AsyncGenerator<Buffer> {
  const file = createReadStream(path, { highWaterMark: PIECE, start })
  try {
    for await (const piece of file) {
      progress.done += (piece as Buffer).length
      yield piece as Buffer
    }
  } catch (thrown) {
    throw toFileFailure(thrown, path)
  } finally {
    file.destroy()
  }
}

async function* unpack(facts: FileFacts, progress: { done: number }, start: number): AsyncGenerator<Buffer> {
  const file = createReadStream(facts.path, { highWaterMark: PIECE })
  const gunzip = createGunzip({ chunkSize: PIECE })
  file.on('error', (error) => gunzip.destroy(error))
  file.pipe(gunzip)
  let unpacked = 0
  try {
    for await (const piece of gunzip) {
      const bytes = piece as Buffer
      const skip = Math.min(Math.max(start - unpacked, 0), bytes.length)
      unpacked += bytes.length
      progress.done = gunzip.bytesWritten
      if (skip < bytes.length) yield skip === 0 ? bytes : bytes.subarray(skip)
    }
    // zlib stops at the end of the last member and says nothing about what is behind it.
    if (gunzip.bytesWritten < facts.size) throw corrupt(facts, gunzip.bytesWritten, 'other data follow the end of the gzip data')
  } catch (thrown) {
    throw toGzipFailure(thrown, facts, { packed: gunzip.bytesWritten, unpacked })
  } finally {
    file.destroy()
    gunzip.destroy()
  }
}

function toGzipFailure(thrown: unknown, facts: FileFacts, at: { packed: number; unpacked: number }): unknown {
  const code = codeOf(thrown)
  if (code === 'Z_BUF_ERROR') {
    return mistake(
      'import.truncated-gzip',
      `${facts.path} ends in the middle of its gzip data, at byte ${String(facts.size)} (${String(at.unpacked)} bytes unpacked); nothing was imported`,
      {
        hint: 'The file was copied or written only in part: fetch or export it again.',
        details: { file: facts.path, byte: facts.size, unpacked_bytes: at.unpacked },
      },
    )
  }
  if (code?.startsWith('Z_') === true) return corrupt(facts, at.packed, thrown instanceof Error ? thrown.message : code)
  return toFileFailure(thrown, facts.path)
}

function corrupt({ path }: FileFacts, byte: number, why: string): Failure {
  return mistake('import.corrupt-gzip', `${path} is damaged near byte ${String(byte)}: ${why}; nothing was imported`, {
    hint: 'Fetch or export the file again; “gzip -t FILE” tests it.',
    details: { file: path, byte },
  })
}

const codeOf = (thrown: unknown): string | undefined =>
  thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : undefined

function toFileFailure(thrown: unknown, path: string): unknown {
  const code = codeOf(thrown)
  if (thrown instanceof Failure || code === undefined) return thrown
  if (code === 'ENOENT' || code === 'ENOTDIR')
    return mistake('import.no-file', `There is no file ${path}`, 'Check the path; it is taken from the folder in which the command runs.')
  if (code === 'EISDIR') return mistake('import.not-a-file', `${path} is a folder`, 'Name one CSV file inside it.')
  const why = code === 'EACCES' || code === 'EPERM' ? 'you may not read it' : (thrown as Error).message
  return mistake('import.unreadable', `${path} cannot be read: ${why}`, {
    hint: 'Check the file’s permissions and its disk.',
    details: { file: path, cause: code },
  })
}
