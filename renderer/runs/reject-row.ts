/** A row that was kept out, as a form: its fields, the values that a person gives them, and what has changed. Pure. */
import type { Row } from '../../shared/contract/answers.ts'
import type { RunReject } from '../../shared/run.ts'

export type Value = string | number | boolean | null
/** New values of one reject: only the fields that differ. */
export type Mended = Readonly<Record<string, Value>>

export interface Field {
  name: string
  value: Value
  /** `fixed`: a list or an object, which is shown and cannot be changed here. */
  kind: 'text' | 'number' | 'boolean' | 'fixed'
  shown: string
}

function fieldOf(name: string, value: unknown): Field {
  if (typeof value === 'number') return { name, value, kind: 'number', shown: String(value) }
  if (typeof value === 'boolean') return { name, value, kind: 'boolean', shown: String(value) }
  if (typeof value === 'string') return { name, value, kind: 'text', shown: value }
  // What it would have been is not known: the target's type decides when it is replayed.
  if (value === null) return { name, value, kind: 'text', shown: '' }
  return { name, value: null, kind: 'fixed', shown: JSON.stringify(value) }
}

/** The fields of a row; null where it never became a row (a broken line of a file). */
export function fieldsOf(row: string): Field[] | null {
  try {
    const read: unknown = JSON.parse(row)
    if (typeof read !== 'object' || read === null || Array.isArray(read)) return null
    return Object.entries(read).map(([name, value]) => fieldOf(name, value))
  } catch {
    return null
  }
}

/** What was typed, in the type of the field; digits that a number would lose stay text, which the warehouse reads exactly. */
export function readValue(kind: Field['kind'], typed: string): Value {
  if (kind === 'boolean') return typed === 'true'
  if (kind !== 'number') return typed
  if (typed.trim() === '') return null
  const number = Number(typed)
  return String(number) === typed.trim() ? number : typed.trim()
}

/** Puts a value in, or takes it out where it is what it was. */
export function mend(mended: Mended, field: Field, value: Value): Mended {
  const rest = Object.entries(mended).filter(([name]) => name !== field.name)
  return Object.fromEntries(value === field.value ? rest : [...rest, [field.name, value]])
}

/** The changes that a row can take over from another: of fields that it has too. */
export function takeOver(row: string, changes: Mended): Mended {
  const fields = fieldsOf(row) ?? []
  return Object.entries(changes).reduce<Mended>((mended, [name, value]) => {
    const field = fields.find((one) => one.name === name && one.kind !== 'fixed')
    return field === undefined ? mended : mend(mended, field, value)
  }, {})
}

/** Imports bring lines of files; those are mended in the file. Jobs have names without a space. */
export function isOfJob(job: string): boolean {
  return /^[a-z][a-z0-9_]*$/.test(job)
}

/** What the panel knows of a reject. */
export type ShownReject = Pick<RunReject, 'reject_id' | 'run_id' | 'job' | 'reason' | 'row' | 'replayed_run_id'>

/** Back from a row of the table. */
export function fromRejectRow(row: Row): ShownReject {
  const text = (name: string): string => String(row[name] ?? '')
  return {
    reject_id: Number(row['reject_id']),
    run_id: text('run_id'),
    job: text('job'),
    reason: text('reason'),
    row: text('row'),
    replayed_run_id: row['replayed_run_id'] === null ? null : text('replayed_run_id'),
  }
}
