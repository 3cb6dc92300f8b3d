/** Named groups of customers by rule, counted and listed from the snapshot or from the warehouse: the same answer. */
import { mistake } from '../../shared/failure.ts'
import type { Column, MemberPage, SegmentCount, SegmentSummary, ValueFormat } from '../../shared/contract/answers.ts'
import { suggest } from '../../shared/nearest.ts'
import { describeRule } from '../../shared/rule-words.ts'
import { columnsOfRule, parseRule } from '../../shared/rule.ts'
import type { Features } from '../features/index.ts'
import type { LocalStore, SnapshotColumn, StoredSnapshot } from '../local/index.ts'
import { quoteIdentifier, type Warehouse } from '../warehouse/index.ts'
import { findDefinition, listDefinitions, type SegmentDefinition } from './definitions.ts'
import { compileRule, POSTGRES, SQLITE, type Compiled } from './rule-to-sql.ts'

export { matches } from './reference.ts'

export interface SegmentsNeeds {
  folder: string
  features: Features
  local: LocalStore
  warehouse: Warehouse
}

export interface MemberRequest {
  offset: number
  limit: number
  sort: string
  descending: boolean
}

/** A rule that has no name yet, or a segment's own. */
type Counted = Pick<SegmentDefinition, 'rule'> & { segment: string | null }

/** Rows fetched at once for an export. */
const EXPORT_BATCH = 5_000

function formatOf({ type, name, warehouse_type }: SnapshotColumn): ValueFormat {
  if (type === 'bool') return 'boolean'
  if (type === 'int8') return 'integer'
  if (type === 'float8') return /revenue|value|spent|amount|price/.test(name) ? 'money' : 'decimal'
  if (warehouse_type === 'date') return 'date'
  return warehouse_type.startsWith('timestamp') ? 'datetime' : 'text'
}

function toColumn(column: SnapshotColumn): Column {
  const label = column.name.replaceAll('_', ' ')
  return { name: column.name, label: label.charAt(0).toUpperCase() + label.slice(1), format: formatOf(column) }
}

export function openSegments({ folder, features, local, warehouse }: SegmentsNeeds) {
  const inCache = (definition: Counted): { snapshot: StoredSnapshot; where: Compiled } => {
    const snapshot = features.snapshot()
    return { snapshot, where: compileRule(parseRule(definition.rule, features.columnTypes()), SQLITE) }
  }

  const countInCache = async (definition: Counted): Promise<SegmentCount> => {
    const { snapshot, where } = inCache(definition)
    const [row] = await local.read(`SELECT count(*) AS n FROM ${snapshot.table} WHERE ${where.sql}`, where.values)
    return { segment: definition.segment, rule: definition.rule, count: Number(row?.['n'] ?? 0), of: snapshot.customers, as_of: snapshot.as_of, source: 'cache' }
  }

  const countInWarehouse = (definition: Counted): Promise<SegmentCount> =>
    warehouse.withTransaction(
      async (session) => {
        const where = compileRule(parseRule(definition.rule, await features.warehouseColumnTypes(session)), POSTGRES)
        const { rows } = await session.query<{ n: number; of: number }>(`SELECT count(*) FILTER (WHERE ${where.sql})::int AS n, count(*)::int AS of FROM ${features.source}`, where.values)
        const { as_of } = await features.asOf()
        return { segment: definition.segment, rule: definition.rule, count: rows[0]?.n ?? 0, of: rows[0]?.of ?? 0, as_of, source: 'warehouse' as const }
      },
      { readOnly: true },
    )

  const page = async (definition: SegmentDefinition, request: MemberRequest): Promise<MemberPage> => {
    const { snapshot, where } = inCache(definition)
    const names = snapshot.columns.map((column) => column.name)
    if (!names.includes(request.sort)) throw mistake('segment.unknown-column', `There is no feature “${request.sort}” to sort by`, suggest(request.sort, names))
    const direction = request.descending ? 'DESC' : 'ASC'
    const shown = orderColumns(snapshot.columns, columnsOfRule(parseRule(definition.rule, features.columnTypes())))
    const order = `${quoteIdentifier(request.sort)} ${direction} NULLS LAST, customer_id`
    const rows = await local.read(
      `SELECT ${shown.map((column) => quoteIdentifier(column.name)).join(', ')}, count(*) OVER () AS "total of all" FROM ${snapshot.table} WHERE ${where.sql} ORDER BY ${order} LIMIT ? OFFSET ?`,
      [...where.values, request.limit, request.offset],
    )
    const total = rows[0] === undefined ? (await countInCache(definition)).count : Number(rows[0]['total of all'])
    return { segment: definition.segment, as_of: snapshot.as_of, columns: shown.map(toColumn), rows: rows.map(({ 'total of all': _total, ...row }) => row), offset: request.offset, total }
  }

  return {
    list: async (): Promise<SegmentSummary[]> => {
      const definitions = await listDefinitions(folder)
      return definitions.map((definition) => ({ ...definition, words: sayRule(definition.rule, local.snapshot() === null ? null : features.columnTypes()) }))
    },
    count: async (name: string, source: 'cache' | 'warehouse'): Promise<SegmentCount> => {
      const definition = await findDefinition(folder, name)
      return source === 'cache' ? countInCache(definition) : countInWarehouse(definition)
    },
    /** Counts a rule that is not saved. */
    countRule: (rule: unknown, source: 'cache' | 'warehouse'): Promise<SegmentCount> =>
      source === 'cache' ? countInCache({ segment: null, rule }) : countInWarehouse({ segment: null, rule }),
    members: async (name: string, request: MemberRequest): Promise<MemberPage> => page(await findDefinition(folder, name), request),
    /** All members in batches, by customer; constant memory. */
    exportMembers: async (name: string) => {
      const definition = await findDefinition(folder, name)
      const { snapshot, where } = inCache(definition)
      const { count } = await countInCache(definition)
      return { definition, as_of: snapshot.as_of, count, columns: snapshot.columns.map(toColumn), batches: memberBatches({ local, snapshot, where }) }
    },
  }
}

export type Segments = ReturnType<typeof openSegments>

/** The customer, then what the rule looks at, then the rest. */
function orderColumns(columns: readonly SnapshotColumn[], used: readonly string[]): SnapshotColumn[] {
  const rank = (name: string): number => (name === 'customer_id' ? 0 : used.includes(name) ? 1 : 2)
  return [...columns].sort((a, b) => rank(a.name) - rank(b.name))
}

function sayRule(rule: unknown, types: ReturnType<Features['columnTypes']> | null): string {
  if (types === null) return 'Sync the features once to read this rule in words.'
  try {
    return describeRule(parseRule(rule, types))
  } catch (thrown) {
    // A broken rule must still be listed, with what is wrong, or nobody can mend it.
    return thrown instanceof Error ? thrown.message : String(thrown)
  }
}

/** Keyset paging by the primary key: each batch costs the same, however far the export is. */
async function* memberBatches({ local, snapshot, where }: { local: LocalStore; snapshot: StoredSnapshot; where: Compiled }) {
  let last = ''
  for (;;) {
    const rows = await local.read(`SELECT * FROM ${snapshot.table} WHERE ${where.sql} AND customer_id > ? ORDER BY customer_id LIMIT ${String(EXPORT_BATCH)}`, [...where.values, last])
    if (rows.length > 0) yield rows
    if (rows.length < EXPORT_BATCH) return
    last = String(rows.at(-1)?.['customer_id'])
  }
}
