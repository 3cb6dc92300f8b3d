/**
 * The text of a schedule’s file, read and changed field by field. Only the characters of the one value change, so that
 * comments, order and layout stay as the person wrote them. Pure.
 */
import { isMap, isScalar, isSeq, parseDocument, stringify, type Document, type Pair, type ParsedNode } from 'yaml'

/** Fields of the form, in the order in which a new one is put between the others. */
export const FIELDS = [
  'title',
  'cron',
  'zone',
  'jobs',
  'arguments',
  'missed',
  'overlap',
  'jitter',
  'only_on_power',
  'only_online',
  'enabled',
  'health_check',
  'owner',
  'notify',
] as const
export type FieldName = (typeof FIELDS)[number]

type Value = string | boolean | string[] | { each_up_to: number }

export interface ScheduleText {
  /** Why no field can be changed here; null when the text is a list of keys. */
  problem: string | null
  /** Undefined where the key is not there. */
  value(name: FieldName): unknown
  /** Why this field can only be changed in the text; null when it can be changed by itself. */
  reason(name: FieldName): string | null
  /** The text with another value there; null when that would change more than the value. */
  write(name: FieldName, value: Value): string | null
}

interface Change {
  name: FieldName
  value: Value
}

type Item = Pair<ParsedNode, ParsedNode | null>

const IN_TEXT = 'Edit it in the text: '

/** What is marked or refers to another place means more than its letters. */
function isMarked(node: ParsedNode): boolean {
  if (!isScalar(node) && !isSeq(node) && !isMap(node)) return true
  return node.anchor !== undefined || (node.tag !== undefined && !node.tag.startsWith('tag:yaml.org'))
}

/** Why the value cannot be put aside for another without harm. */
function reasonOf(text: string, node: ParsedNode | null): string | null {
  if (node === null) return null
  if (isMarked(node)) return `${IN_TEXT}it refers to another place or carries a mark.`
  const own = text.slice(node.range[0], node.range[1])
  const isBlock = (isSeq(node) || isMap(node)) && node.flow !== true
  if (isSeq(node)) {
    if (!node.items.every((one) => isScalar(one))) return `${IN_TEXT}it is more than a list of names.`
    if (/(^|\s)#/m.test(own)) return `${IN_TEXT}comments stand between its entries.`
    if (isBlock) return null
  }
  return isBlock || own.trimEnd().includes('\n') ? `${IN_TEXT}it takes several lines.` : null
}

const scalar = (value: unknown): string => stringify(value, { lineWidth: 0 }).trimEnd()

function written(value: Value, between: string | null): string {
  if (!Array.isArray(value)) return typeof value === 'object' ? `{ each_up_to: ${value.each_up_to} }` : scalar(value)
  const items = value.map(scalar)
  // A list of lines stays one, as long as something is in it.
  return between === null || items.length === 0 ? `[${items.join(', ')}]` : items.map((item) => `- ${item}`).join(between)
}

/** Puts the value where the old one stands. */
function replaced(text: string, node: ParsedNode, value: Value): string {
  const [start] = node.range
  const last = isSeq(node) && node.flow !== true ? node.items.at(-1) : undefined
  const end = last === undefined ? node.range[1] : last.range[1]
  const indent = start - (text.lastIndexOf('\n', start - 1) + 1)
  const between = Array.isArray(value) && last !== undefined ? `\n${' '.repeat(indent)}` : null
  const space = start === end && text[start - 1] === ':' ? ' ' : ''
  return `${text.slice(0, start)}${space}${written(value, between)}${text.slice(end)}`
}

/** A line of its own, behind the last of the fields that come before it. */
function inserted(text: string, items: readonly Item[], { name, value }: Change): string {
  const line = `${name}: ${written(value, null)}\n`
  const before: readonly string[] = FIELDS.slice(0, FIELDS.indexOf(name))
  const anchor = items.findLast(({ key }) => isScalar(key) && before.includes(String(key.value)))
  const end = anchor === undefined ? text.length : text.indexOf('\n', Math.max(0, (anchor.value ?? anchor.key).range[1] - 1))
  const at = end < 0 ? text.length : Math.min(text.length, end + 1)
  return `${text.slice(0, at)}${at > 0 && text[at - 1] !== '\n' ? '\n' : ''}${line}${text.slice(at)}`
}

/** Null where the text is no YAML, or refers to what is not there. */
function valuesOf(document: Document): Record<string, unknown> | null {
  if (document.errors.length > 0) return null
  try {
    return (document.toJS() ?? {}) as Record<string, unknown>
  } catch {
    return null
  }
}

/** Whether only this key has changed, and to this value. */
function isOnly(old: Record<string, unknown>, after: string, { name, value }: Change): boolean {
  const now = valuesOf(parseDocument(after))
  if (now === null) return false
  const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b)
  const { [name]: _old, ...others } = old
  const { [name]: set, ...rest } = now
  const sorted = (keys: Record<string, unknown>): unknown => Object.entries(keys).sort(([a], [b]) => a.localeCompare(b))
  return same(set, value) && same(sorted(others), sorted(rest))
}

/** Reads it; a text that is no YAML has a `problem`. */
export function readScheduleText(text: string): ScheduleText {
  const document = parseDocument(text)
  const { contents } = document
  const nothing = { value: () => undefined, reason: () => null, write: () => null }
  const values = valuesOf(document)
  if (values === null) return { ...nothing, problem: 'The text is no YAML yet. Correct it first; then the form works again.' }
  if (contents !== null && (!isMap(contents) || contents.flow === true))
    return { ...nothing, problem: 'The text is no list of “key: value” lines. Write it so; then the form works again.' }
  const items = (contents?.items ?? []) as Item[]
  const find = (name: FieldName): Item | undefined => items.find(({ key }) => isScalar(key) && key.value === name)
  const reason = (name: FieldName): string | null => reasonOf(text, find(name)?.value ?? null)
  return {
    problem: null,
    value: (name) => values[name],
    reason,
    write: (name, value) => {
      if (reason(name) !== null) return null
      const node = find(name)?.value
      const after = node === undefined || node === null ? inserted(text, items, { name, value }) : replaced(text, node, value)
      return isOnly(values, after, { name, value }) ? after : null
    },
  }
}
