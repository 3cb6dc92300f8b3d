/** Reading a YAML file of a person’s: what is wrong with it is said with file, line, key and the nearest valid word. */
import { isMap, isSeq, LineCounter, parseDocument, type Document } from 'yaml'
import { z } from 'zod'
import { mistake } from '../../shared/failure.ts'
import { suggest } from '../../shared/nearest.ts'

export interface YamlFile<T> {
  value: T
  /** With its comments, for writing it back. */
  document: Document
  /** `file:line` of a key, for a complaint of the reader’s own. */
  place(path: readonly PropertyKey[]): string
}

export interface YamlSource {
  /** As the person knows it, e.g. `schedules/daily.yaml`. */
  file: string
  text: string
  /** Area of the failure codes: `schedule` gives `schedule.bad-yaml` and `schedule.bad-file`. */
  area: string
}

/** Errors: `<area>.bad-yaml`, `<area>.bad-file`. */
export function readYamlFile<S extends z.ZodType>({ file, text, area }: YamlSource, schema: S): YamlFile<z.output<S>> {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines })
  const at = (line: number): string => `${file}:${String(line)}`
  const problem = document.errors[0]
  if (problem !== undefined) {
    const line = lines.linePos(problem.pos[0]).line
    throw mistake(`${area}.bad-yaml`, `${at(line)}: ${problem.message.split('\n')[0] ?? ''}`, 'Correct the YAML.')
  }
  const place = (path: readonly PropertyKey[]): string => at(lineOf(document, lines, path.map(String)))
  const parsed = schema.safeParse(document.toJS() ?? {})
  if (parsed.success) return { value: parsed.data, document, place }
  throw explain(parsed.error.issues[0], { schema, document, place, area })
}

interface Reading {
  schema: z.ZodType
  document: Document
  place(path: readonly PropertyKey[]): string
  area: string
}

function explain(issue: z.core.$ZodIssue | undefined, { schema, document, place, area }: Reading): Error {
  const path = issue?.path.map(String) ?? []
  const code = `${area}.bad-file`
  if (issue?.code === 'unrecognized_keys') {
    const [key = ''] = issue.keys
    const known = schemasAt(schema, path).flatMap(keysOf)
    return mistake(code, `${place([...path, key])}: ${[...path, key].join('.')} is not known`, suggest(key, known))
  }
  const where = `${place(path)}: ${path.join('.') || 'the file'}`
  const value: unknown = document.getIn(path)
  if (value === undefined) return mistake(code, `${where} is missing`, `Add “${path.at(-1) ?? ''}”.`)
  const wanted = schemasAt(schema, path)
  const said = sayValue(value)
  const problem = issue?.code === 'invalid_union' ? 'not a valid value' : (issue?.message ?? 'not valid')
  return mistake(code, `${where}${said}: ${problem}`, advise(wanted, value))
}

/** What stands there, where it is short enough to repeat. */
function sayValue(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? ` “${String(value)}”` : ''
}

function advise(wanted: readonly z.ZodType[], value: unknown): string {
  const words = wanted.flatMap(wordsOf)
  const [key] = isMap(value) ? value.items.map((item) => String(item.key)).filter((one) => !words.includes(one)) : []
  const word = typeof value === 'string' ? value : key
  if (word !== undefined && words.length > 0) return suggest(word, words)
  const wantsList = wanted.flatMap(bare).some((one) => one instanceof z.ZodArray)
  return wantsList && typeof value === 'string' ? `Write a list: [${value}].` : 'Correct the value.'
}

function schemasAt(schema: z.ZodType, path: readonly string[]): z.ZodType[] {
  return path.reduce<z.ZodType[]>((at, step) => at.flatMap((one) => inside(one, step)), [schema])
}

/** The schema without defaults and optionality; several for a union. */
function bare(schema: z.ZodType): z.ZodType[] {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodNullable)
    return bare(schema.unwrap() as z.ZodType)
  if (schema instanceof z.ZodUnion) return (schema.options as z.ZodType[]).flatMap(bare)
  return [schema]
}

function inside(schema: z.ZodType, key: string): z.ZodType[] {
  return bare(schema).flatMap((one) => {
    if (one instanceof z.ZodObject) return (one.shape as Record<string, z.ZodType>)[key] ?? []
    if (one instanceof z.ZodRecord) return one.valueType as z.ZodType
    return one instanceof z.ZodArray ? (one.element as z.ZodType) : []
  })
}

function keysOf(schema: z.ZodType): string[] {
  return bare(schema).flatMap((one) => (one instanceof z.ZodObject ? Object.keys(one.shape as object) : []))
}

/** Words that may stand there: choices, and the keys of a map that may stand instead. */
function wordsOf(schema: z.ZodType): string[] {
  return bare(schema).flatMap((one) => (one instanceof z.ZodEnum ? one.options.map(String) : keysOf(one)))
}

/** The line of a key, or of the nearest parent that exists. */
function lineOf(document: Document, lines: LineCounter, path: readonly string[]): number {
  for (let length = path.length; length > 0; length -= 1) {
    const parent: unknown = length === 1 ? document.contents : document.getIn(path.slice(0, length - 1), true)
    const key = path[length - 1] ?? ''
    const node: unknown = isMap(parent)
      ? parent.items.find((item) => String(item.key) === key)?.key
      : isSeq(parent)
        ? parent.items[Number(key)]
        : undefined
    const range = (node as { range?: [number, number, number] | null } | undefined)?.range
    if (range != null) return lines.linePos(range[0]).line
  }
  return 1
}
