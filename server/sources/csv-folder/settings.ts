/** A CSV folder as it stands under `sources:` in pack.yaml. */
import { z } from 'zod'
import { toDelimiter } from '../csv/dialect.ts'
import { duration } from '../http/duration.ts'

const delimiter = z.string().transform((text, context) => {
  try {
    return toDelimiter(text)
  } catch {
    context.addIssue({
      code: 'custom',
      message: 'comma, semicolon, tab, pipe, or one ASCII character that is no letter, digit, quote, point or sign',
    })
    return z.NEVER
  }
})

export const csvFolderSettings = z.strictObject({
  kind: z.literal('csv'),
  /** Absolute, or from the workspace's folder on. */
  folder: z.string().min(1),
  /** Folders inside the folder too; those that are only linked are left out. */
  recursive: z.boolean().default(false),
  /** Found out for each file by itself when it is not given; a file of a single column needs it. */
  delimiter: delimiter.optional(),
  /** Found out for each file by itself when it is not given. */
  encoding: z.enum(['utf-8', 'windows-1252']).optional(),
  /** Fields with exactly this text, quoted or not, are null. */
  null_text: z.preprocess((given) => (typeof given === 'string' ? [given] : given), z.array(z.string())).default(['']),
  /** A file that was written to within this time is left for the next run: whoever writes it may not be done. */
  settle: duration.optional(),
})
export type CsvFolderSettings = z.infer<typeof csvFolderSettings>
