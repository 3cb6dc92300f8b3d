/** A report's parameters: declared in its header, written `:name` in its SQL, always bound and never pasted. */
import { z } from 'zod'
import type { ReportParameter, Scalar } from '../../shared/contract/answers.ts'
import { mistake } from '../../shared/failure.ts'
import { suggest } from '../../shared/nearest.ts'
import type { Session } from '../warehouse/index.ts'

/** One parameter in a report's header. */
export const parameterSchema = z.strictObject({
  name: z.string().regex(/^[a-z][a-z0-9_]{0,40}$/, 'a parameter has small letters, digits and _'),
  label: z.string(),
  type: z.enum(['text', 'integer', 'date']).default('text'),
  /** Null means all, where the SQL says so. */
  default: z.union([z.string(), z.number()]).nullable().default(null),
  /** A SELECT whose first column lists what can be chosen. */
  values: z.string().optional(),
})
export type ParameterDeclaration = z.output<typeof parameterSchema>

/** What the person gave, by name; an empty text means none. */
export type GivenValues = Readonly<Record<string, string>>

/** Every declared parameter's value, in order of declaration; null for none. */
export type ParameterValues = Readonly<Record<string, string | null>>

const SHAPES = {
  text: { fits: (text: string) => text.length <= 200, words: 'a text of at most 200 characters', cast: 'text' },
  integer: { fits: (text: string) => /^-?\d{1,15}$/.test(text), words: 'a whole number', cast: 'bigint' },
  date: {
    fits: (text: string) => /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(Date.parse(text)),
    words: 'a date such as 2026-01-31',
    cast: 'date',
  },
} as const

/** More choices than anybody reads; the rest can be typed. */
const MOST_CHOICES = 1_000

/** Errors: `report.unknown-parameter` with the nearest name, `report.bad-parameter`. */
export function readValues(report: string, declared: readonly ParameterDeclaration[], given: GivenValues): ParameterValues {
  const names = declared.map(({ name }) => name)
  for (const name of Object.keys(given))
    if (!names.includes(name))
      throw mistake(
        'report.unknown-parameter',
        `The report “${report}” has no parameter “${name}”`,
        names.length === 0 ? 'It has none at all.' : suggest(name, names),
      )
  return Object.fromEntries(
    declared.map(({ name, type, default: usual }) => {
      const text = given[name] ?? (usual === null ? '' : String(usual))
      if (text !== '' && !SHAPES[type].fits(text))
        throw mistake('report.bad-parameter', `“${text}” cannot be the ${name} of “${report}”`, `Write ${SHAPES[type].words}.`)
      return [name, text === '' ? null : text]
    }),
  )
}

/** Quoted texts and names, comments and casts are passed over; a free-standing `:name` is a parameter. */
const PLACES = /'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|\/\*[\s\S]*?\*\/|(?<![:\w]):([a-z][a-z0-9_]*)\b/g

/** The SQL with numbered parameters, each cast to its type; what was not declared is left as it is. */
export function bindParameters(
  sql: string,
  declared: readonly ParameterDeclaration[],
  values: ParameterValues,
): { sql: string; values: (string | null)[] } {
  const used: string[] = []
  const bound = sql.replaceAll(PLACES, (place: string, name?: string) => {
    const parameter = declared.find((one) => one.name === name)
    if (name === undefined || parameter === undefined) return place
    if (!used.includes(name)) used.push(name)
    return `$${String(used.indexOf(name) + 1)}::${SHAPES[parameter.type].cast}`
  })
  return { sql: bound, values: used.map((name) => values[name] ?? null) }
}

/** The parameters with their values and what can be chosen, for the screen. */
export async function describeParameters(
  session: Session,
  declared: readonly ParameterDeclaration[],
  values: ParameterValues,
): Promise<ReportParameter[]> {
  const described: ReportParameter[] = []
  for (const { name, label, type, values: choices } of declared)
    described.push({
      name,
      label,
      type,
      value: values[name] ?? null,
      choices: choices === undefined ? null : await readChoices(session, choices),
    })
  return described
}

async function readChoices(session: Session, select: string): Promise<string[]> {
  const { rows } = await session.query<Record<string, Scalar>>(`SELECT * FROM (${select}) choices LIMIT ${String(MOST_CHOICES)}`)
  return rows.flatMap((row) => {
    const [value] = Object.values(row)
    return value === undefined || value === null ? [] : [String(value)]
  })
}
