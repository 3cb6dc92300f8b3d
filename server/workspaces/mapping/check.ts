/** Is the mapping true of the live tables? Each thing that is looked at is told, with what to do about what is wrong. */
import { mistake } from '../../../shared/failure.ts'
import { suggest } from '../../../shared/nearest.ts'
import type { Session, Warehouse } from '../../warehouse/index.ts'
import { checkContents } from './check-contents.ts'
import { FIELDS, PARTS, type Mapping, type PartName } from './declaration.ts'
import { discoverTables } from './discover.ts'
import { describeRelation, probe, type Described } from './probe.ts'
import { quoteAny, relationSql } from './sql-names.ts'

export interface Finding {
  part: PartName
  /** The field of the mapping that it is about; null for the whole part. */
  field: string | null
  level: 'ok' | 'warning' | 'error'
  message: string
  hint: string | null
}

export interface CheckedPart {
  part: PartName
  /** Table, or “a query”. */
  from: string
  columns: Described[]
  /** Up to three rows of what is mapped, as text. */
  sample: Record<string, string | null>[]
}

export interface MappingReport {
  /** No error; warnings may stand. */
  ok: boolean
  parts: CheckedPart[]
  findings: Finding[]
}

/** A question that takes longer is not worth the answer: the tables are somebody's live ones. */
const TIMEOUT_MILLISECONDS = 30_000

/** Looks at every part; never rejects for what it finds, only for want of a connection. Reads, and writes nothing. */
export function checkMapping(warehouse: Warehouse, mapping: Mapping): Promise<MappingReport> {
  return warehouse.withTransaction(
    async (session) => {
      const parts: CheckedPart[] = []
      const findings: Finding[] = []
      for (const part of PARTS) {
        const mapped = mapping[part]
        if (mapped === undefined) continue
        const looked = await checkShape(session, part, mapped)
        findings.push(...looked.findings)
        if (looked.checked !== null) parts.push(looked.checked)
      }
      // What cannot be read by its columns cannot be counted either.
      if (findings.every(({ level }) => level !== 'error')) findings.push(...(await checkContents(session, mapping)))
      return { ok: findings.every(({ level }) => level !== 'error'), parts, findings }
    },
    { readOnly: true, statementTimeout: TIMEOUT_MILLISECONDS },
  )
}

/** Errors: `mapping.wrong`, with the first thing that is. */
export function requireTrue({ findings }: MappingReport): void {
  const wrong = findings.find(({ level }) => level === 'error')
  if (wrong !== undefined)
    throw mistake(
      'mapping.wrong',
      `${wrong.part}${wrong.field === null ? '' : `.${wrong.field}`}: ${wrong.message}`,
      wrong.hint ?? undefined,
    )
}

type MappedPart = NonNullable<Mapping[PartName]>

interface Looked {
  checked: CheckedPart | null
  findings: Finding[]
}

async function checkShape(session: Session, part: PartName, mapped: MappedPart): Promise<Looked> {
  const from = mapped.table ?? 'a query'
  const error = (message: string, hint: string | null): Looked => ({
    checked: null,
    findings: [{ part, field: null, level: 'error', message, hint }],
  })
  if (mapped.table !== undefined && (await isMissing(session, mapped.table))) {
    const known = (await discoverTables(session)).map(({ table }) => table)
    return error(`there is no table “${mapped.table}”`, suggest(mapped.table, known))
  }
  const described = await describeRelation(session, mapped)
  if (described.rows === null) return error(`${from} cannot be read: ${described.failure.message}`, described.failure.hint)
  const columns = described.rows
  const findings = fieldsOf(part, mapped).flatMap(({ field, column }) => checkField(part, { field, column }, columns))
  const sample = findings.some(({ level }) => level === 'error') ? [] : await readSample(session, part, mapped)
  return { checked: { part, from, columns, sample }, findings }
}

async function isMissing(session: Session, table: string): Promise<boolean> {
  const { rows } = await probe<{ missing: boolean }>(session, 'SELECT to_regclass($1) IS NULL AS missing', [table])
  return rows?.[0]?.missing !== false
}

interface MappedField {
  field: string
  column: string
}

/** What the part maps, in order, with the columns that become features. */
function fieldsOf(part: PartName, mapped: MappedPart): MappedField[] {
  const values: Record<string, unknown> = mapped
  const names: readonly string[] = [...FIELDS[part].needed, ...FIELDS[part].optional]
  const mappedFields = names.flatMap((field) => (typeof values[field] === 'string' ? [{ field, column: values[field] }] : []))
  const chosen = Array.isArray(values['columns']) ? (values['columns'] as string[]) : []
  return [...mappedFields, ...chosen.map((column) => ({ field: 'columns', column }))]
}

const TYPES: Record<string, { fits: RegExp; words: string }> = {
  ordered_at: { fits: /^(date|timestamp)/, words: 'a date or a time' },
  contacted_at: { fits: /^(date|timestamp)/, words: 'a date or a time' },
  amount: { fits: /^(smallint|integer|bigint|numeric|real|double precision|money)/, words: 'a number' },
  quantity: { fits: /^(smallint|integer|bigint|numeric|real|double precision)/, words: 'a number' },
}

function checkField(part: PartName, { field, column }: MappedField, columns: readonly Described[]): Finding[] {
  const names = columns.map(({ name }) => name)
  const found = columns.find(({ name }) => name === column)
  if (found === undefined) return [{ part, field, level: 'error', message: `there is no column “${column}”`, hint: suggest(column, names) }]
  const wanted = TYPES[field]
  if (wanted === undefined || wanted.fits.test(found.type))
    return field === 'columns' ? [] : [{ part, field, level: 'ok', message: `${column} (${found.type})`, hint: null }]
  const message = `“${column}” is of type ${found.type}, and ${field} must be ${wanted.words}`
  return [
    {
      part,
      field,
      level: 'error',
      message,
      hint: `Name another column, or write a query in which it is ${wanted.words}: SELECT *, ${quoteAny(column)}::… AS …`,
    },
  ]
}

/** What a person can recognise: a few rows of the mapped columns. */
async function readSample(session: Session, part: PartName, mapped: MappedPart): Promise<CheckedPart['sample']> {
  const list = fieldsOf(part, mapped)
    .filter(({ field }) => field !== 'columns')
    .map(({ field, column }) => `r.${quoteAny(column)}::text AS ${quoteAny(field)}`)
  const { rows } = await probe<Record<string, string | null>>(session, `SELECT ${list.join(', ')} FROM ${relationSql(mapped, 'r')} LIMIT 3`)
  return rows ?? []
}
