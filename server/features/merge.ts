/** Two rows of one customer as one, each value with where it comes from. The same rules as the merging SQL, for single customers. */
import type { LocalRow } from '../local/index.ts'
import type { MergeStrategy } from './settings.ts'

/** One value of one customer. */
export interface Feature {
  value: LocalRow[string]
  source: 'dwh' | 'xiva'
  /** When the row that it comes from was last changed; null where it does not say. */
  as_of: string | null
}

/** A row of one side, with its own moment: to compare as milliseconds, and to show. */
export interface SideRow {
  row: LocalRow
  at: number | null
  as_of: string | null
}

/** The features of both rows, or of the only one. */
export function mergeRows(
  { dwh, xiva }: { dwh: SideRow | undefined; xiva: SideRow | undefined },
  { strategy, asOf }: { strategy: MergeStrategy; asOf: string },
): Map<string, Feature> {
  const xivaIsNewer = xiva !== undefined && isNewer(xiva, dwh)
  const xivaFirst = strategy === 'xiva_first' || (strategy === 'merge' && xivaIsNewer)
  const known: Side[] = [
    ...(dwh === undefined ? [] : [{ ...dwh, source: 'dwh' as const }]),
    ...(xiva === undefined ? [] : [{ ...xiva, source: 'xiva' as const }]),
  ]
  const inOrder = (first: boolean): Side[] => (first ? [...known].reverse() : known)
  const features = new Map<string, Feature>()
  for (const name of new Set(known.flatMap(({ row }) => Object.keys(row))))
    // The merged row is as new as the newer of the two, whoever comes first.
    if (name !== 'customer_id') features.set(name, firstValue(inOrder(name === asOf ? xivaIsNewer : xivaFirst), name))
  return features
}

type Side = SideRow & Pick<Feature, 'source'>

/** The first value that is no null; a null of the first that has the column, where there is none. */
function firstValue(sides: readonly Side[], name: string): Feature {
  const having = sides.filter(({ row }) => name in row)
  const found = having.find((side) => side.row[name] !== null) ?? having[0]
  return { value: found?.row[name] ?? null, source: found?.source ?? 'dwh', as_of: found?.as_of ?? null }
}

/** A row without a moment is older than any with one. */
function isNewer(row: SideRow, than: SideRow | undefined): boolean {
  return row.at !== null && (than === undefined || than.at === null || row.at > than.at)
}
