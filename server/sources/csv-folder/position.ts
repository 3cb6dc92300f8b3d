/** Which files have been read, and what was in them: the position of a CSV folder. */
import { z } from 'zod'
import { Failure } from '../../../shared/failure.ts'
import type { FeedPosition } from '../feed.ts'

const fileSchema = z.object({
  /** SHA-256 of the unpacked contents, so that packing a file again changes nothing. */
  digest: z.string(),
  bytes: z.number(),
  modified_at: z.string(),
  /** Rows and rejects. */
  rows: z.number(),
  /** While the file still has this stamp it need not be hashed; null when it was written to too shortly before. */
  stamp: z.string().nullable(),
  /** Not there any more; known all the same, should it come back. */
  gone: z.boolean(),
})
export type KnownFile = z.infer<typeof fileSchema>

const positionSchema = z.object({
  stream: z.string(),
  /** Of all files so far, in order of first appearance: a run that reads fewer files has the same columns. */
  columns: z.array(z.string()),
  files: z.record(z.string(), fileSchema),
})
export type FolderPosition = z.infer<typeof positionSchema>

/** The stored position, or an empty one. Errors: `source.bad-position`. */
export function toFolderPosition(position: FeedPosition | null, stream: string): FolderPosition {
  if (position === null) return { stream, columns: [], files: {} }
  const parsed = positionSchema.safeParse(position)
  if (parsed.success) return parsed.data
  throw new Failure({
    kind: 'stop',
    code: 'source.bad-position',
    message: `How far ${stream} has been read is not known: the stored position is not that of a CSV folder`,
    hint: 'Run the job with --full-reload.',
  })
}
