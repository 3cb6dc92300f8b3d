/** The loop of an import: bytes in, rows and rejects out, with the memory of a few buffers whatever the file's size. */
import { mistake } from '../../../shared/failure.ts'
import { EncodingGuard, readBytes, RecordScanner } from '../../sources/index.ts'
import type { CopyWriter } from './copy-writer.ts'
import type { FileDigest, KnownFacts } from './known-files.ts'
import type { Prepared } from './prepare.ts'
import type { Rejects } from './rejects.ts'
import { RowEncoder } from './row-encoder.ts'
import type { ImportHooks, ImportRequest } from './types.ts'

export interface LineLoop {
  request: ImportRequest
  prepared: Prepared
  /** As the prefix left it, or as the sample shows it. */
  dialect: KnownFacts['dialect']
  /** Digest of all bytes before the first line that is read here. */
  digest: FileDigest
  /** Lines of the prefix, which are passed over. */
  linesBefore: number
  /** Those of them that are in the target. */
  acceptedBefore: number
  lastLineId: number
  rejects: Rejects
  hooks: ImportHooks
}

export interface LinesRead {
  read: number
  accepted: number
  encoder: RowEncoder
  dialect: KnownFacts['dialect']
  /** False when the file ends inside a quote: then a longer file may read its last lines otherwise. */
  closed: boolean
}

/** After so many lines it is clear whether the file is what it was taken for. */
const TRIAL = 1000

interface State {
  scanner: RecordScanner
  guard: EncodingGuard
  encoder: RowEncoder
  lineEnd: number
  read: number
  accepted: number
  firstLines: string[]
}

/** Reads from the end of the prefix (or the header) to the end of the file. Errors: `import.wrong-format`, and those of reading and COPY. */
export async function readLines(loop: LineLoop, copy: CopyWriter): Promise<LinesRead> {
  const { prepared, digest, hooks } = loop
  const { facts, head } = prepared
  const mark = { style: loop.dialect.decimal }
  const guard = new EncodingGuard(loop.dialect.encoding)
  const reading = { declaration: loop.request.declaration, mapping: prepared.mapping, width: head.header.length }
  const encoder = new RowEncoder({ ...reading, guard, mark, slash: { order: loop.dialect.date_order } })
  const scanner = new RecordScanner(head.delimiter.charCodeAt(0), head.lineEnd)
  const state: State = { scanner, guard, encoder, lineEnd: head.lineEnd === 'lf' ? 10 : 13, read: 0, accepted: 0, firstLines: [] }
  const start = Math.max(digest.bytes, head.dataStart)
  const bytes = readBytes(facts, digest.bytes)
  for await (const piece of bytes) {
    hooks.signal?.throwIfAborted()
    const skip = Math.min(Math.max(start - digest.bytes, 0), piece.length)
    digest.update(piece)
    readPiece(loop, state, { piece: piece.subarray(skip), final: false })
    for (const full of encoder.out.take()) await copy.write(full)
    hooks.onProgress?.(bytes.done, facts.size, loop.linesBefore + state.read)
  }
  readPiece(loop, state, { piece: Buffer.alloc(0), final: true })
  refuseRejects(loop, state, true)
  for (const full of encoder.out.finish()) await copy.write(full)
  const dialect = { ...loop.dialect, decimal: mark.style, encoding: guard.encoding }
  return { read: state.read, accepted: state.accepted, encoder, dialect, closed: !scanner.endedOpen }
}

function readPiece(loop: LineLoop, state: State, { piece, final }: { piece: Buffer; final: boolean }): void {
  const { scanner, guard, encoder } = state
  const { rejects } = loop
  scanner.feed(piece, final)
  guard.look(scanner.buffer.subarray(scanner.position, scanner.limit), state.lineEnd, final)
  while (scanner.next()) {
    state.read += 1
    const rowNumber = loop.linesBefore + state.read
    const reason = encoder.encode(scanner, loop.lastLineId + state.accepted + 1)
    if (reason === null) state.accepted += 1
    else rejects.add({ row_number: rowNumber, reason, row_text: guard.decode(scanner.record()) })
    if (state.read <= 3) state.firstLines.push(guard.decode(scanner.record()).slice(0, 200))
    if (state.read === TRIAL) refuseRejects(loop, state, false)
  }
}

/** Errors: `import.wrong-format` when half of the first thousand lines, or every line of a shorter file, fails for one reason. */
function refuseRejects({ rejects, request }: LineLoop, { read, accepted, firstLines }: State, ended: boolean): void {
  const { reason, count } = rejects.reasons()[0] ?? { reason: '', count: 0 }
  const hopeless = ended ? read < TRIAL && read > 0 && accepted === 0 : count * 2 > TRIAL
  if (!hopeless) return
  throw mistake(
    'import.wrong-format',
    `${request.file}: ${String(count)} of the first ${read.toLocaleString('en')} lines are rejected because ${reason}; nothing was imported. The file begins: ${firstLines.map((line) => `“${line}”`).join(' ')}`,
    {
      hint: 'Check the file, and with which options it is read: --delimiter, --decimal, --date-order, --encoding, --map.',
      details: { file: request.file, reason, rejected: count, read, first_lines: firstLines },
    },
  )
}
