/** A report is one file, `reports/<name>.sql`: YAML in the leading comment, then one SELECT that also runs in psql. */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parse } from 'yaml'
import { z } from 'zod'
import { chartSchema, columnSchema } from '../../shared/contract/answers.ts'
import { mistake } from '../../shared/failure.ts'
import { suggest } from '../../shared/nearest.ts'
import { parameterSchema } from './parameters.ts'

const headerSchema = z.strictObject({
  title: z.string(),
  description: z.string(),
  chart: chartSchema
    .extend({ series: z.string().nullable().default(null) })
    .nullable()
    .default(null),
  columns: z.array(columnSchema).min(1),
  parameters: z.array(parameterSchema).default([]),
  /** Each line: the sum of a column of the rows must equal what this SQL gives. */
  reconciliation: z.array(z.strictObject({ label: z.string(), sum_of: z.string(), equals: z.string() })).default([]),
})

export interface ReportDefinition extends z.infer<typeof headerSchema> {
  report: string
  sql: string
}

const HEADER = /^\s*\/\*([\s\S]*?)\*\/([\s\S]*)$/
const NAME = /^[a-z][a-z0-9_-]{0,62}$/

async function readDefinition(folder: string, name: string): Promise<ReportDefinition> {
  const file = `reports/${name}.sql`
  const parts = HEADER.exec(await readFile(join(folder, `${name}.sql`), 'utf8'))
  if (parts === null)
    throw mistake(
      'report.bad-file',
      `${file} does not begin with a /* … */ comment`,
      'Start it with title, description and columns as YAML.',
    )
  let header: unknown
  try {
    header = parse(parts[1] ?? '')
  } catch (thrown) {
    throw mistake('report.bad-file', `${file}: ${thrown instanceof Error ? thrown.message : String(thrown)}`, 'Correct the YAML.')
  }
  const parsed = headerSchema.safeParse(header)
  if (!parsed.success)
    throw mistake('report.bad-file', `${file}: ${z.prettifyError(parsed.error)}`, 'Correct the YAML in the leading comment.')
  return { report: name, ...parsed.data, sql: (parts[2] ?? '').trim().replace(/;\s*$/, '') }
}

async function names(folder: string): Promise<string[]> {
  const files = await readdir(folder).catch(() => [])
  return files.flatMap((file) => (file.endsWith('.sql') && NAME.test(file.slice(0, -4)) ? [file.slice(0, -4)] : [])).sort()
}

/** Every report of the folder, by name; none where there is no folder. Errors: `report.bad-file`. */
export async function listDefinitions(folder: string): Promise<ReportDefinition[]> {
  return Promise.all((await names(folder)).map((name) => readDefinition(folder, name)))
}

/** Errors: `report.unknown` with the nearest name. */
export async function findDefinition(folder: string, name: string): Promise<ReportDefinition> {
  const known = await names(folder)
  if (!known.includes(name)) throw mistake('report.unknown', `There is no report “${name}”`, suggest(name, known))
  return readDefinition(folder, name)
}
