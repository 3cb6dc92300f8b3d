/**
 * Files that were imported whole. A file that begins with one of them, byte for byte, is read from there on. That is only
 * right when the target holds exactly what the table of known files says, so each entry keeps the counts to check it.
 */
import { createHash, type Hash } from 'node:crypto'
import { z } from 'zod'
import { readBytes, type FileFacts } from '../../sources/index.ts'
import type { Session } from '../../warehouse/index.ts'

/** Bytes whose digest is compared before anything else is read; spares most files the pass over their whole length. */
const HEAD_BYTES = 1 << 16

const factsSchema = z.object({
  target: z.string(),
  /** Digest of declaration and column mapping; lines read by other rules are other lines. */
  rules: z.string(),
  columns: z.array(z.object({ column: z.string(), field: z.string() })),
  dialect: z.object({
    delimiter: z.string(),
    encoding: z.enum(['utf-8', 'windows-1252']).nullable(),
    decimal: z.enum(['point', 'comma']).nullable(),
    date_order: z.enum(['dmy', 'mdy']).nullable(),
  }),
  /** SHA-256 of the first 64 kB, or of all bytes where there are fewer. */
  head: z.string(),
  /** Lines of the file that are in the target: all but the rejects. */
  accepted: z.number(),
})

export type KnownFacts = z.infer<typeof factsSchema>

export interface KnownFile {
  digest: string
  bytes: number
  lines: number
  facts: KnownFacts
}

/** Entries of this import that were read by the same rules, the longest first. Entries of another form are passed over. */
export async function knownFiles(session: Session, name: string, rules: string): Promise<KnownFile[]> {
  const { rows } = await session.query<{ digest: string; bytes: string; lines: string; mapping: unknown }>(
    `SELECT file_digest AS digest, file_bytes AS bytes, lines, mapping FROM quintile.imported_files
     WHERE import_name = $1 AND mapping->>'rules' = $2 ORDER BY file_bytes DESC`,
    [name, rules],
  )
  return rows.flatMap(({ digest, bytes, lines, mapping }) => {
    const facts = factsSchema.safeParse(mapping)
    return facts.success ? [{ digest, bytes: Number(bytes), lines: Number(lines), facts: facts.data }] : []
  })
}

/** Forgets the files of a target that somebody else has changed: what they left there may be gone. */
export async function forgetFiles(session: Session, target: string): Promise<void> {
  await session.query(`DELETE FROM quintile.imported_files WHERE mapping->>'target' = $1`, [target])
}

/** Keeps the file as imported whole. */
export async function saveKnownFile(
  session: Session,
  file: KnownFile & { name: string; path: string; runId: string; at: string },
): Promise<void> {
  await session.query(
    `INSERT INTO quintile.imported_files (import_name, file_digest, file_bytes, lines, file_name, mapping, run_id, imported_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
     ON CONFLICT (import_name, file_digest) DO UPDATE SET file_bytes = excluded.file_bytes, lines = excluded.lines,
       file_name = excluded.file_name, mapping = excluded.mapping, run_id = excluded.run_id, imported_at = excluded.imported_at`,
    [file.name, file.digest, file.bytes, file.lines, file.path, JSON.stringify(file.facts), file.runId, file.at],
  )
}

/** SHA-256 over all bytes that pass, their number, and the digest of the first 64 kB. */
export class FileDigest {
  bytes = 0
  private readonly hash: Hash
  private readonly headHash: Hash

  constructor(before?: FileDigest) {
    this.hash = before?.hash.copy() ?? createHash('sha256')
    this.headHash = before?.headHash.copy() ?? createHash('sha256')
    this.bytes = before?.bytes ?? 0
  }

  update(piece: Buffer): void {
    if (this.bytes < HEAD_BYTES) this.headHash.update(piece.subarray(0, HEAD_BYTES - this.bytes))
    this.hash.update(piece)
    this.bytes += piece.length
  }

  digest(): string {
    return this.hash.copy().digest('hex')
  }

  head(): string {
    return this.headHash.copy().digest('hex')
  }
}

export interface Prefix {
  file: KnownFile
  /** The digest's state behind the prefix; the rest of the file is added to it. */
  digest: FileDigest
}

/** The longest known file with which this one begins and behind which it ends or begins a new line; one pass over those bytes. */
export async function findPrefix(facts: FileFacts, known: readonly KnownFile[], signal: AbortSignal | undefined): Promise<Prefix | null> {
  let open = [...known].sort((a, b) => a.bytes - b.bytes)
  let found: Prefix | null = null
  let candidate: Prefix | null = null
  const digest = new FileDigest()
  let last = 0
  for await (const piece of readBytes(facts)) {
    signal?.throwIfAborted()
    let at = 0
    while (at < piece.length) {
      if (candidate !== null) found = last === 10 || last === 13 || piece[at] === 10 || piece[at] === 13 ? candidate : found
      candidate = null
      const next = open[0]
      if (next === undefined) return found
      const to = Math.min(piece.length, at + next.bytes - digest.bytes)
      digest.update(piece.subarray(at, to))
      last = piece[to - 1] ?? 0
      at = to
      open = withSameHead(open, digest)
      if (digest.bytes !== next.bytes) continue
      candidate = digest.digest() === next.digest ? { file: next, digest: new FileDigest(digest) } : null
      open = open.filter(({ bytes }) => bytes > next.bytes)
    }
  }
  return candidate ?? found
}

function withSameHead(open: KnownFile[], digest: FileDigest): KnownFile[] {
  return digest.bytes < HEAD_BYTES ? open : open.filter(({ facts, bytes }) => bytes < HEAD_BYTES || facts.head === digest.head())
}
