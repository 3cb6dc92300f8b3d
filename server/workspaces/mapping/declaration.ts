/**
 * `mapping.yaml`: what the tables of a warehouse mean that others made and fill. Each part names a table (or a view, or a
 * query) and which of its columns is what; names are those of the database, letter by letter.
 */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { LineCounter, parseDocument } from 'yaml'
import { z } from 'zod'
import { mistake } from '../../../shared/failure.ts'
import { suggest } from '../../../shared/nearest.ts'

export const MAPPING_FILE = 'mapping.yaml'

/** `table` or `schema.table` as SQL writes them: a part with capitals or signs stands in double quotes. */
const PART = String.raw`(?:[A-Za-z_][A-Za-z0-9_$]*|"(?:[^"]|"")+")`
const table = z.string().regex(new RegExp(`^(?:${PART}\\.)?${PART}$`), 'a table: table, schema.table or schema."Table"')
const column = z.string().min(1).max(63)
const relation = { table: table.optional(), query: z.string().min(1).optional() }
const isOne = ({ table: one, query }: { table?: string | undefined; query?: string | undefined }): boolean =>
  (one === undefined) !== (query === undefined)
const ONE = { message: 'name a table or write a query, one of the two' }

const mappingSchema = z
  .strictObject({
    /** One row per customer; each column becomes a feature, or those that `columns` names. */
    features: z
      .strictObject({ ...relation, customer_id: column, columns: z.union([z.literal('all'), z.array(column).min(1)]).default('all') })
      .refine(isOne, ONE)
      .optional(),
    /** Orders or order lines. Without `order_id` each row is an order. */
    orders: z
      .strictObject({
        ...relation,
        ...{ customer_id: column, ordered_at: column, amount: column },
        ...{ order_id: column.optional(), product_id: column.optional(), quantity: column.optional() },
      })
      .refine(isOne, ONE)
      .optional(),
    products: z
      .strictObject({ ...relation, product_id: column, name: column, category: column.optional() })
      .refine(isOne, ONE)
      .optional(),
    contacts: z
      .strictObject({ ...relation, customer_id: column, contacted_at: column, channel: column.optional() })
      .refine(isOne, ONE)
      .optional(),
  })
  .refine(({ features, orders }) => features !== undefined || orders !== undefined, {
    message: 'map “features”, “orders” or both: nobody else says who the customers are',
  })
export type Mapping = z.output<typeof mappingSchema>
export type MappingInput = z.input<typeof mappingSchema>

export const PARTS = ['features', 'orders', 'products', 'contacts'] as const
export type PartName = (typeof PARTS)[number]

/** Which columns of each part mean something, those that must be there first. */
export const FIELDS = {
  features: { needed: ['customer_id'], optional: [] },
  orders: { needed: ['customer_id', 'ordered_at', 'amount'], optional: ['order_id', 'product_id', 'quantity'] },
  products: { needed: ['product_id', 'name'], optional: ['category'] },
  contacts: { needed: ['customer_id', 'contacted_at'], optional: ['channel'] },
} as const satisfies Record<PartName, { needed: readonly string[]; optional: readonly string[] }>

const KEYS = [
  ...new Set(['table', 'query', 'columns', ...PARTS, ...Object.values(FIELDS).flatMap(({ needed, optional }) => [...needed, ...optional])]),
]

/** Errors: `mapping.none`, `mapping.bad-file` with line, key and the nearest valid word. */
export async function readMapping(folder: string): Promise<Mapping> {
  const text = await readFile(join(folder, MAPPING_FILE), 'utf8').catch(() => undefined)
  if (text === undefined)
    throw mistake('mapping.none', 'This workspace has no mapping.yaml', 'quintile connect --warehouse … makes a workspace with one.')
  return parseMapping(text)
}

/** Errors: `mapping.bad-file`. */
export function parseMapping(text: string): Mapping {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines })
  const problem = document.errors[0]
  const bad = (line: number, what: string, hint: string): Error =>
    mistake('mapping.bad-file', `${MAPPING_FILE}:${String(line)}: ${what}`, hint)
  if (problem !== undefined) throw bad(lines.linePos(problem.pos[0]).line, problem.message.split('\n')[0] ?? '', 'Correct the YAML.')
  const parsed = mappingSchema.safeParse(document.toJS() ?? {})
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  const path = issue?.path.map(String) ?? []
  const node = document.getIn(path, true) as { range?: [number, number, number] } | undefined
  const line = node?.range === undefined ? 1 : lines.linePos(node.range[0]).line
  if (issue?.code === 'unrecognized_keys') {
    const [key = ''] = issue.keys
    throw bad(line, `${[...path, key].join('.')} is not known`, suggest(key, KEYS))
  }
  throw bad(line, `${path.join('.') || 'the mapping'}: ${issue?.message ?? 'not valid'}`, 'Correct the mapping.')
}
