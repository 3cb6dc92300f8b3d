/**
 * An import is declared in one file, `imports/<name>.yaml` of a pack: the target table and its fields, each with the
 * header names by which a column of a file is recognised. `line_id` is the engine's own column.
 */
import { LineCounter, isMap, parseDocument, type Document } from 'yaml'
import { z } from 'zod'
import { mistake } from '../../../shared/failure.ts'
import { suggest } from '../../../shared/nearest.ts'

const name = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,62}$/, 'must be letters, digits and _')
const shared = { required: z.boolean().default(false), headers: z.array(z.string().min(1)).default([]) }

const textField = z.strictObject({ type: z.literal('text'), ...shared, trim_zero_fraction: z.boolean().default(false) })
const decimalField = z.strictObject({
  type: z.literal('decimal'),
  ...shared,
  scale: z.int().min(0).max(8).default(2),
  /** Digits in all, as in numeric(precision, scale); 15 is what a double holds exactly. */
  precision: z.int().min(1).max(15).default(14),
})
const timestampField = z.strictObject({ type: z.literal('timestamp'), ...shared })

export const importFieldSchema = z.discriminatedUnion('type', [textField, decimalField, timestampField])

export const importDeclarationSchema = z.strictObject({
  title: z.string().min(1),
  target: z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)?$/, 'must be table or schema.table'),
  fields: z.record(name, importFieldSchema).refine((fields) => Object.keys(fields).length > 0, 'must name at least one field'),
})

export type ImportField = z.infer<typeof importFieldSchema>
export type ImportDeclaration = z.infer<typeof importDeclarationSchema>

const KEYS = ['title', 'target', 'fields', 'type', 'required', 'headers', 'scale', 'precision', 'trim_zero_fraction']
const TYPES = ['text', 'decimal', 'timestamp']

/** Reads a declaration's text. Errors: `import.bad-yaml`, `import.bad-declaration`, both with file, line and key. */
export function parseImportDeclaration(text: string, file: string): ImportDeclaration {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines })
  const problem = document.errors[0]
  if (problem !== undefined) {
    throw mistake('import.bad-yaml', `${file}:${String(lines.linePos(problem.pos[0]).line)}: ${problem.message}`, 'Correct the YAML.')
  }
  const parsed = importDeclarationSchema.safeParse(document.toJS())
  if (parsed.success) return parsed.data
  throw badDeclaration({ file, lines, document }, parsed.error.issues[0])
}

interface Place {
  file: string
  lines: LineCounter
  document: Document
}

function badDeclaration(place: Place, issue: z.core.$ZodIssue | undefined): Error {
  const path = issue?.path.map(String) ?? []
  const unknown = issue?.code === 'unrecognized_keys' ? issue.keys[0] : undefined
  const key = unknown === undefined ? path : [...path, unknown]
  const where = `${place.file}:${String(lineOf(place, key))}: ${key.join('.') || 'the declaration'}`
  if (unknown !== undefined) return mistake('import.bad-declaration', `${where} is not known`, suggest(unknown, KEYS))
  if (key.at(-1) === 'type') {
    const value = String(place.document.getIn(key))
    return mistake('import.bad-declaration', `${where}: “${value}” is not a type`, suggest(value, TYPES))
  }
  return mistake('import.bad-declaration', `${where}: ${issue?.message ?? 'not valid'}`, 'Correct the value.')
}

/** The line of a key, or of the nearest parent that exists. */
function lineOf({ document, lines }: Place, key: readonly string[]): number {
  for (let length = key.length; length > 0; length -= 1) {
    const parent: unknown = length === 1 ? document.contents : document.getIn(key.slice(0, length - 1), true)
    const pair = isMap(parent) ? parent.items.find((item) => String(item.key) === key[length - 1]) : undefined
    const range = pair === undefined ? undefined : (pair.key as { range?: [number, number, number] }).range
    if (range !== undefined) return lines.linePos(range[0]).line
  }
  return 1
}
