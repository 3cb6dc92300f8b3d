/** A first mapping for a person to look at: which tables are probably meant, or what the person said and what is left to guess. */
import { mistake } from '../../../shared/failure.ts'
import { suggest } from '../../../shared/nearest.ts'
import { FIELDS, PARTS, type MappingInput, type PartName } from './declaration.ts'
import type { FoundTable, Meaning } from './discover.ts'

export interface Wishes {
  /** Table of a part, or `none`. */
  tables: Partial<Record<PartName, string>>
  /** A SELECT in the place of the features table. */
  featuresQuery?: string | undefined
  /** `orders.amount` to the column's name. */
  columns: Readonly<Record<string, string>>
}

type Part = Record<string, string>

/**
 * Answers with what is certain enough; a part that nobody asked for and that nothing looks like is left out.
 * Errors: `mapping.unknown-table`, `mapping.unknown-field`, `mapping.cannot-guess`, `mapping.nothing-found`.
 */
export function proposeMapping(found: readonly FoundTable[], wishes: Wishes): MappingInput {
  requireFields(wishes.columns)
  const chosen: Partial<Record<PartName, FoundTable>> = {}
  for (const part of PARTS) {
    const table = chooseTable(found, part, { wishes, chosen })
    if (table !== undefined) chosen[part] = table
  }
  const parts = Object.entries(chosen).map(([part, table]): [string, Part] => [part, mapPart(part as PartName, table, wishes)])
  const query = wishes.featuresQuery
  const features: [string, Part][] =
    query === undefined ? [] : [['features', { query, customer_id: wishes.columns['features.customer_id'] ?? 'customer_id' }]]
  const mapping = Object.fromEntries([...features, ...parts])
  if (mapping['features'] !== undefined || mapping['orders'] !== undefined) return mapping
  throw mistake(
    'mapping.nothing-found',
    `None of the ${String(found.length)} tables looks like customers or orders`,
    `Say which: --features TABLE or --orders TABLE, with --map orders.amount=COLUMN and so on. Tables: ${found
      .slice(0, 12)
      .map(({ table }) => table)
      .join(', ')}`,
  )
}

function requireFields(columns: Wishes['columns']): void {
  const known = PARTS.flatMap((part) => [...FIELDS[part].needed, ...FIELDS[part].optional].map((field) => `${part}.${field}`))
  const unknown = Object.keys(columns).find((name) => !known.includes(name))
  if (unknown !== undefined) throw mistake('mapping.unknown-field', `“${unknown}” is nothing that can be mapped`, suggest(unknown, known))
}

interface Choosing {
  wishes: Wishes
  chosen: Partial<Record<PartName, FoundTable>>
}

function chooseTable(found: readonly FoundTable[], part: PartName, { wishes, chosen }: Choosing): FoundTable | undefined {
  const wish = part === 'features' && wishes.featuresQuery !== undefined ? 'none' : wishes.tables[part]
  if (wish === 'none') return undefined
  if (wish === undefined) return likeliest(found, part, chosen)
  const table = found.find((one) => one.table === wish || one.table === `public.${wish}` || `public.${one.table}` === wish)
  if (table !== undefined) return table
  throw mistake(
    'mapping.unknown-table',
    `There is no table “${wish}”, or this login may not read it`,
    suggest(
      wish,
      found.map((one) => one.table),
    ),
  )
}

const TITLES: Record<PartName, RegExp> = {
  features: /feature|profile|customer|client|user|member|subscriber|account/i,
  orders: /order|sale|transaction|invoice|purchase/i,
  products: /product|item|article|catalog/i,
  contacts: /contact|campaign|message|mailing|touch/i,
}

function likeliest(found: readonly FoundTable[], part: PartName, chosen: Choosing['chosen']): FoundTable | undefined {
  if (part === 'products' && chosen.orders?.candidates.product_id[0] === undefined) return undefined
  const ranked = found
    .filter((table) => !Object.values(chosen).includes(table))
    .map((table) => ({ table, score: scoreOf(table, part) }))
    .filter(({ score }) => score > 0)
  return ranked.sort((a, b) => b.score - a.score || (b.table.rows ?? 0) - (a.table.rows ?? 0))[0]?.table
}

/** 0: it cannot be this part, or nothing speaks for it. */
function scoreOf(table: FoundTable, part: PartName): number {
  const { candidates, columns } = table
  const titled = TITLES[part].test(table.table) ? 3 : 0
  const lacks = FIELDS[part].needed.some((field) => columnFor(table, part, field) === undefined)
  if (lacks || titled === 0) return 0
  if (part === 'features')
    return titled + (/feature|profile/i.test(table.table) ? 4 : 0) + Math.min(columns.length, 20) / 10 - (isOfOrders(table) ? 5 : 0)
  const optional: readonly Meaning[] = FIELDS[part].optional
  return titled + optional.filter((meaning) => candidates[meaning].length > 0).length
}

const isOfOrders = ({ candidates }: FoundTable): boolean =>
  candidates.amount.length > 0 && candidates.ordered_at.length > 0 && candidates.order_id.length > 0

/** The likeliest column; a table of customers or products is known by its own key. */
function columnFor(table: FoundTable, part: PartName, field: string): string | undefined {
  const named = table.candidates[field as Meaning]
  const isOwnKey = (part === 'features' && field === 'customer_id') || (part === 'products' && field === 'product_id')
  if (!isOwnKey) return named[0]
  const unique = table.columns.filter((column) => column.unique).map(({ name }) => name)
  return (
    named.find((name) => unique.includes(name)) ??
    (table.kind === 'view' ? named[0] : (unique.find((name) => /^id$/i.test(name)) ?? unique[0] ?? named[0]))
  )
}

function mapPart(part: PartName, table: FoundTable, wishes: Wishes): Part {
  const mapped: Part = { table: table.table }
  const taken = new Set<string>()
  for (const field of [...FIELDS[part].needed, ...FIELDS[part].optional] as string[]) {
    const column = wishes.columns[`${part}.${field}`] ?? columnFor(table, part, field)
    if (column !== undefined && !taken.has(column)) {
      mapped[field] = column
      taken.add(column)
    } else if ((FIELDS[part].needed as readonly string[]).includes(field)) throw cannotGuess(part, field, table)
  }
  return mapped
}

function cannotGuess(part: PartName, field: string, { table, columns }: FoundTable): Error {
  return mistake(
    'mapping.cannot-guess',
    `No column of ${table} looks like ${part}.${field}`,
    `Say which: --map ${part}.${field}=COLUMN. Its columns: ${columns.map(({ name }) => name).join(', ')}`,
  )
}
