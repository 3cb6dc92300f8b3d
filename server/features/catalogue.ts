/** Which features there are: name, type, meaning, where from, and the drawer that they belong in. */
import type { Session } from '../warehouse/index.ts'
import type { SnapshotColumn } from '../local/index.ts'
import { mistake } from '../../shared/failure.ts'
import { suggest } from '../../shared/nearest.ts'
import type { Sides } from './relation.ts'
import type { FeatureSettings } from './settings.ts'

export interface FeatureEntry {
  name: string
  type: 'number' | 'string' | 'boolean' | 'datetime' | 'date' | 'array' | 'object'
  /** The column's comment in the warehouse, or its name as a person would write it. */
  description: string
  /** Who knows it: one side, or both. */
  source: 'dwh' | 'xiva' | 'both'
  category: string
  /** What models call it; null where none reads it. */
  model: string | null
}

/** First match wins, by a fragment of the name; age is a word of its own, or each “usage” would be a person’s age. */
const CATEGORIES: readonly (readonly [string, RegExp])[] = [
  ['financial', /revenue|spend|payment|balance|credit|outstanding/],
  ['transaction', /transaction|purchase|order/],
  ['loyalty', /points|tier|loyalty|reward/],
  ['demographic', /(^|_)age(_|$)|gender|city|region|country|nationality/],
  ['profile', /status|type|name|email|phone/],
  ['service', /usage|service|product/],
  ['ml', /churn|nbo|rfm|score/],
  ['segmentation', /segment|campaign|engagement/],
]

/** The drawer of a feature, by its name. */
export function categoryOf(name: string): string {
  return CATEGORIES.find(([, fragments]) => fragments.test(name.toLowerCase()))?.[0] ?? 'other'
}

/** The type as people know it. */
export function typeOf({ warehouse_type }: Pick<SnapshotColumn, 'warehouse_type'>): FeatureEntry['type'] {
  if (warehouse_type.endsWith('[]')) return 'array'
  if (/^(smallint|integer|bigint|numeric|real|double precision|money)/.test(warehouse_type)) return 'number'
  if (warehouse_type === 'boolean' || warehouse_type === 'date') return warehouse_type
  if (warehouse_type.startsWith('timestamp')) return 'datetime'
  return /^jsonb?$/.test(warehouse_type) ? 'object' : 'string'
}

const COMMENTS = `
  SELECT attname AS name, col_description(attrelid, attnum) AS description FROM pg_attribute
  WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped AND col_description(attrelid, attnum) IS NOT NULL`

async function commentsOf(session: Session, table: string | undefined): Promise<[name: string, description: string][]> {
  if (table === undefined) return []
  const { rows } = await session.query<{ name: string; description: string }>(COMMENTS, [table])
  return rows.map(({ name, description }) => [name, description])
}

/**
 * The features of the sides that are given, the profiles' first, without the customer. With all sides of the settings, a
 * mapping to nothing is refused: `features.unknown-column`.
 */
export async function readCatalogue(
  session: Session,
  settings: FeatureSettings,
  sides: Sides & { areAll: boolean },
): Promise<FeatureEntry[]> {
  const { dwh, xiva, areAll } = sides
  // Where both have a column, the warehouse's own comment says what it is.
  const comments = new Map([...(await commentsOf(session, settings.profiles?.table)), ...(await commentsOf(session, settings.table))])
  const columns = new Map([...(xiva?.columns ?? []), ...(dwh?.columns ?? [])].map((column) => [column.name, column]))
  columns.delete('customer_id')
  if (areAll) requireMapped(settings, [...columns.keys()])
  const models = new Map(Object.entries(settings.mapping).map(([model, feature]) => [feature, model]))
  const has = (side: Sides['dwh'], name: string): boolean => side?.columns.some((column) => column.name === name) === true
  return [...columns.values()].map((column) => ({
    ...{ name: column.name, type: typeOf(column), category: categoryOf(column.name), model: models.get(column.name) ?? null },
    description: comments.get(column.name) ?? inWords(column.name),
    source: !has(dwh, column.name) ? 'xiva' : has(xiva, column.name) ? 'both' : 'dwh',
  }))
}

function inWords(name: string): string {
  const words = name.replaceAll('_', ' ')
  return words.charAt(0).toUpperCase() + words.slice(1)
}

/** A model that is fed from nothing would read zeros and never say so. */
function requireMapped({ mapping }: FeatureSettings, known: readonly string[]): void {
  for (const [model, feature] of Object.entries(mapping))
    if (!known.includes(feature))
      throw mistake(
        'features.unknown-column',
        `features.mapping in pack.yaml feeds “${model}” from “${feature}”, and there is no such feature`,
        suggest(feature, known),
      )
}
