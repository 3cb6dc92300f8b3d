/** The workspace's own manual: its text, and what is in it by name. */
import { z } from 'zod'
import { call } from './call.ts'

export const helpTableSchema = z.object({
  /** `table`, or `schema.table` outside of public. */
  table: z.string(),
  kind: z.enum(['table', 'view']),
  comment: z.string().nullable(),
  columns: z.array(z.object({ name: z.string(), type: z.string(), comment: z.string().nullable() })),
})
export type HelpTable = z.infer<typeof helpTableSchema>

export const helpSchema = z.object({
  pack: z.string(),
  title: z.string(),
  description: z.string(),
  /** Markdown: headings, paragraphs, lists, code, tables. Null where the workspace has no `help.md`. */
  text: z.string().nullable(),
  /** From the warehouse's own comments; as last read where it is away. */
  tables: z.array(helpTableSchema),
  jobs: z.array(
    z.object({
      job: z.string(),
      group: z.string(),
      kind: z.string(),
      source: z.string().nullable(),
      target: z.string(),
      needs: z.array(z.string()),
    }),
  ),
})
export type Help = z.infer<typeof helpSchema>

export const helpCalls = {
  'help.show': call({
    method: 'GET',
    path: '/api/help',
    summary: 'The manual of the workspace: its text, tables and jobs',
    params: z.object({}),
    body: z.undefined(),
    answer: helpSchema,
    status: 200,
  }),
}
