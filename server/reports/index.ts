/** Reports: one SELECT each, proved against the warehouse's own totals, kept in the snapshot for when there is no network. */
import { createHash } from 'node:crypto'
import { mistake, toFailure } from '../../shared/failure.ts'
import type { ReportResult, ReportSummary, Row, Scalar, ValueFormat } from '../../shared/contract/answers.ts'
import { toIso, type Clock } from '../../shared/time.ts'
import type { ReadStamp } from '../features/index.ts'
import type { LocalStore } from '../local/index.ts'
import type { Session, Warehouse } from '../warehouse/index.ts'
import { findDefinition, listDefinitions, type ReportDefinition } from './definitions.ts'
import { bindParameters, describeParameters, readValues, type GivenValues, type ParameterValues } from './parameters.ts'

/** A report and the values it is asked with. */
interface Asked {
  definition: ReportDefinition
  values: ParameterValues
}

export interface ReportsNeeds {
  folder: string
  warehouse: Warehouse
  local: LocalStore
  clock: Clock
  /** How new the data is where no run of ours loads it: then nothing says that a kept result still holds. */
  stampOfOthers?: ReadStamp | undefined
}

/** A report that runs longer is a mistake of its SQL; the screen should not wait for it. */
const STATEMENT_TIMEOUT_MILLISECONDS = 60_000

const STAMP = `
  SELECT coalesce(md5(string_agg(target || changed_at::text, ',' ORDER BY target)), 'empty') AS stamp,
    to_char(max(data_as_of), 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS as_of FROM quintile.targets`

/** Digest of all loads, null where nobody knows of them; and how new the data is. */
async function readStamp(session: Session, { stampOfOthers }: ReportsNeeds): Promise<{ stamp: string | null; as_of: string | null }> {
  if (stampOfOthers !== undefined) return { stamp: null, as_of: (await stampOfOthers(session)).as_of }
  const { rows } = await session.query<{ stamp: string; as_of: string | null }>(STAMP)
  return rows[0] ?? { stamp: null, as_of: null }
}

/** Opens the room. Errors: none here; its calls reject with `report.*`. */
export function openReports(needs: ReportsNeeds) {
  const { folder } = needs
  return {
    list: async (): Promise<ReportSummary[]> =>
      (await listDefinitions(folder)).map(({ report, title, description, chart }) => ({ report, title, description, chart })),
    /** From the warehouse, or what was kept of it. Errors: `report.unknown`, `report.not-kept`, `report.*-parameter`, failing SQL. */
    run: async (name: string, given: GivenValues = {}): Promise<ReportResult> =>
      runReport(needs, ask(await findDefinition(folder, name), given)),
    /** Whether a report can be narrowed by a parameter of this name. */
    takes: async (name: string, parameter: string): Promise<boolean> =>
      (await findDefinition(folder, name)).parameters.some((one) => one.name === parameter),
    /** Computes every report once, so that all can be read without a network. Returns how many. */
    keepAll: async (): Promise<number> => {
      const definitions = await listDefinitions(folder)
      await Promise.all(definitions.map((definition) => compute(needs, ask(definition, {}))))
      return definitions.length
    },
  }
}

export type Reports = ReturnType<typeof openReports>

function ask(definition: ReportDefinition, given: GivenValues): Asked {
  return { definition, values: readValues(definition.report, definition.parameters, given) }
}

/** The name, and the values that differ from the usual ones. */
function keyOf({ definition: { report, parameters }, values }: Asked): string {
  const usual = readValues(report, parameters, {})
  const differing = Object.entries(values).filter(([name, value]) => value !== usual[name])
  return differing.length === 0 ? report : `${report} ${JSON.stringify(differing)}`
}

/** The kept result answers only when the world is in the way, never for SQL that fails. */
async function runReport(needs: ReportsNeeds, asked: Asked): Promise<ReportResult> {
  try {
    return await compute(needs, asked)
  } catch (thrown) {
    const failure = toFailure(thrown)
    if (failure.kind !== 'retry') throw failure
    const kept = needs.local.report(keyOf(asked))
    if (kept === undefined)
      throw mistake(
        'report.not-kept',
        `The warehouse cannot be reached and “${asked.definition.report}” was never run ${keyOf(asked) === asked.definition.report ? '' : 'with these values '}before`,
        {
          hint: 'Run it once while the warehouse can be reached; then it can be read offline.',
          details: { cause: failure.message },
        },
      )
    return { ...kept, source: 'cache' }
  }
}

function compute(needs: ReportsNeeds, asked: Asked): Promise<ReportResult> {
  const { warehouse, local, clock } = needs
  const { definition, values } = asked
  return warehouse.withTransaction(
    async (session) => {
      const { stamp: loads, as_of } = await readStamp(session, needs)
      const stamp = digest(definition, loads ?? '')
      const kept = loads === null ? undefined : local.report(keyOf(asked), stamp)
      if (kept !== undefined) return { ...kept, source: 'warehouse' as const }
      const bound = bindParameters(definition.sql, definition.parameters, values)
      const { rows } = await session.query<Row>(bound.sql, bound.values)
      const result = toResult(definition, { rows, as_of, computed_at: toIso(clock()) })
      result.reconciliation = await reconcile(session, asked, rows)
      result.parameters = await describeParameters(session, definition.parameters, values)
      local.keepReport(keyOf(asked), result, stamp)
      return result
    },
    { readOnly: true, statementTimeout: STATEMENT_TIMEOUT_MILLISECONDS },
  )
}

/** Digest of the definition and of all loads: equal means that the kept result is still the answer. */
function digest(definition: ReportDefinition, stamp: string): string {
  return createHash('sha256').update(JSON.stringify(definition)).update(stamp).digest('hex').slice(0, 32)
}

function toResult(definition: ReportDefinition, found: { rows: Row[]; as_of: string | null; computed_at: string }): ReportResult {
  const { report, title, description, chart, columns, sql } = definition
  const rows = found.rows.map((row) =>
    Object.fromEntries(columns.map(({ name, format }): [string, Scalar] => [name, toScalar(row[name] ?? null, format)])),
  )
  return {
    report,
    title,
    description,
    chart,
    columns,
    ...found,
    rows,
    source: 'warehouse',
    parameters: [],
    reconciliation: { ok: true, lines: [] },
    definition: sql,
  }
}

const NUMBERS = new Set<ValueFormat>(['integer', 'decimal', 'percent'])

/** PostgreSQL's int8 and numeric arrive as text. Money stays text, to the last digit; other numbers fit a double here. */
function toScalar(value: Scalar, format: ValueFormat): Scalar {
  return typeof value === 'string' && NUMBERS.has(format) ? Number(value) : value
}

/** Adds up in exact decimals in PostgreSQL: floats in JavaScript would call equal sums different. */
async function reconcile(session: Session, { definition, values }: Asked, rows: readonly Row[]): Promise<ReportResult['reconciliation']> {
  const lines = []
  for (const line of definition.reconciliation) {
    const reported = rows.map((row) => (row[line.sum_of] === null || row[line.sum_of] === undefined ? null : String(row[line.sum_of])))
    const bound = bindParameters(line.equals, definition.parameters, values)
    const { rows: answer } = await session.query<{ reported: string; expected: string; ok: boolean }>(
      `WITH proof AS (SELECT (SELECT coalesce(sum(v::numeric), 0) FROM unnest($${String(bound.values.length + 1)}::text[]) v) AS reported, (${bound.sql})::numeric AS expected)
       SELECT reported::text, coalesce(expected, 0)::text AS expected, reported = coalesce(expected, 0) AS ok FROM proof`,
      [...bound.values, reported],
    )
    const found = answer[0]
    lines.push({ label: line.label, reported: found?.reported ?? null, expected: found?.expected ?? null, ok: found?.ok ?? false })
  }
  return { ok: lines.every((line) => line.ok), lines }
}
