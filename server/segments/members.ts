/** Who is in a segment: a page for the screen, or all of them in batches for a file. Both from the snapshot. */
import type { Column, MemberPage } from '../../shared/contract/answers.ts'
import { mistake } from '../../shared/failure.ts'
import { suggest } from '../../shared/nearest.ts'
import { columnsOfRule, parseRule } from '../../shared/rule.ts'
import type { LocalRow, LocalStore, StoredSnapshot } from '../local/index.ts'
import { quoteIdentifier } from '../warehouse/index.ts'
import { orderColumns, toColumn } from './columns.ts'
import { countInSnapshot, inSnapshot, type CountNeeds } from './count.ts'
import type { SegmentDefinition } from './definitions.ts'
import type { Compiled } from './rule-to-sql.ts'

type MemberNeeds = Pick<CountNeeds, 'features' | 'local'>

export interface MemberRequest {
  offset: number
  limit: number
  sort: string
  descending: boolean
}

/** All members of a segment, to be written to a file. */
export interface MemberExport {
  definition: SegmentDefinition
  as_of: string | null
  count: number
  columns: Column[]
  batches: AsyncGenerator<LocalRow[]>
}

/** Rows fetched at once for an export. */
const EXPORT_BATCH = 5_000

/** One page, in the order that the caller asks for. Errors: `segment.unknown-column`, `features.no-snapshot`, `rule.*`. */
export async function pageOfMembers(
  needs: MemberNeeds,
  definition: SegmentDefinition & { only?: unknown },
  request: MemberRequest,
): Promise<MemberPage> {
  const { snapshot, where } = inSnapshot(needs, definition)
  const names = snapshot.columns.map((column) => column.name)
  if (!names.includes(request.sort))
    throw mistake('segment.unknown-column', `There is no feature “${request.sort}” to sort by`, suggest(request.sort, names))
  const direction = request.descending ? 'DESC' : 'ASC'
  const shown = orderColumns(snapshot.columns, columnsOfRule(parseRule(definition.rule, needs.features.columnTypes())))
  const order = `${quoteIdentifier(request.sort)} ${direction} NULLS LAST, customer_id`
  const rows = await needs.local.read(
    snapshot,
    `SELECT ${shown.map((column) => quoteIdentifier(column.name)).join(', ')}, count(*) OVER () AS "total of all" FROM ${snapshot.table} WHERE ${where.sql} ORDER BY ${order} LIMIT ? OFFSET ?`,
    [...where.values, request.limit, request.offset],
  )
  const total = rows[0] === undefined ? (await countInSnapshot(needs, definition)).count : Number(rows[0]['total of all'])
  return {
    segment: definition.segment,
    as_of: snapshot.as_of,
    columns: shown.map(toColumn),
    rows: rows.map(({ 'total of all': _total, ...row }) => row),
    offset: request.offset,
    total,
  }
}

/** All members in batches, by customer; constant memory. Errors: `features.no-snapshot`, `rule.*`. */
export async function exportMembers(needs: MemberNeeds, definition: SegmentDefinition & { only?: unknown }): Promise<MemberExport> {
  const { snapshot, where } = inSnapshot(needs, definition)
  const { count } = await countInSnapshot(needs, definition)
  return {
    definition,
    as_of: snapshot.as_of,
    count,
    columns: snapshot.columns.map(toColumn),
    batches: memberBatches(needs.local, snapshot, where),
  }
}

/** Keyset paging by the primary key: each batch costs the same, however far the export is. */
async function* memberBatches(local: LocalStore, snapshot: StoredSnapshot, where: Compiled): AsyncGenerator<LocalRow[]> {
  let last = ''
  for (;;) {
    const rows = await local.read(
      snapshot,
      `SELECT * FROM ${snapshot.table} WHERE ${where.sql} AND customer_id > ? ORDER BY customer_id LIMIT ${String(EXPORT_BATCH)}`,
      [...where.values, last],
    )
    if (rows.length > 0) yield rows
    if (rows.length < EXPORT_BATCH) return
    last = String(rows.at(-1)?.['customer_id'])
  }
}
