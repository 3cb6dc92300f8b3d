/**
 * The columns of a table while it changes. What is handed over has the columns that the table has now; older messages of the
 * log may know others. A renamed column is recognised by its number; one that is gone is left out; one that is new was not
 * there when the row was written, which is not the same as null.
 */
import { mistake } from '../../../shared/failure.ts'
import type { SourceColumn } from '../postgres-reader.ts'
import type { RelationMessage } from './pgoutput.ts'
import type { StreamPosition } from './position.ts'
import type { PublishedTable } from './publication.ts'

/** What stands beside the table's own columns. */
const BESIDE: readonly SourceColumn[] = [
  { name: 'change', type: 'text' },
  { name: 'commit_lsn', type: 'pg_lsn' },
  { name: 'committed_at', type: 'timestamptz' },
  { name: 'change_order', type: 'bigint' },
  { name: 'unchanged_columns', type: 'text[]' },
]

/** All columns that a feed hands over. Errors: `source.column-name` where the table has one of the names itself. */
export function feedColumns({ stream, columns }: Pick<PublishedTable, 'stream' | 'columns'>): SourceColumn[] {
  const taken = columns.find(({ name }) => BESIDE.some((beside) => beside.name === name))
  if (taken === undefined) return [...columns.map(({ name, type }) => ({ name, type })), ...BESIDE]
  throw mistake(
    'source.column-name',
    `${stream} has a column “${taken.name}”, a name that every replicated row needs for itself`,
    'Publish the table with a list of columns that leaves it out, or rename it at the source.',
  )
}

/** Where the values of a message go. */
export interface Layout {
  /** For each column of the table, its place in the message; -1 where the message does not have it. */
  places: number[]
  /** Columns of the message that the table does not have any more. */
  gone: string[]
  /** Columns that the message does not have. */
  absent: string[]
}

/** The names that columns had when the position was stored, by those that they have now. */
export type FormerNames = ReadonlyMap<string, string>

/** Compares by number. */
export function formerNames(stored: StreamPosition['columns'], { columns }: PublishedTable): FormerNames {
  return new Map(
    columns.flatMap(({ number, name }) => (stored[number] === undefined || stored[number] === name ? [] : [[name, stored[number]]])),
  )
}

/** Finds each column in a message by its name, or by its former one. */
export function layOut(message: RelationMessage, { columns }: PublishedTable, former: FormerNames): Layout {
  const places = columns.map(({ name }) => {
    const place = message.columns.indexOf(name)
    return place === -1 ? message.columns.indexOf(former.get(name) ?? name) : place
  })
  return {
    places,
    gone: message.columns.filter((_, place) => !places.includes(place)),
    absent: columns.filter((_, index) => places[index] === -1).map(({ name }) => name),
  }
}

/**
 * Refuses what cannot be told apart: a column of the message is gone and another is new, and it is not known that they are
 * two. Names that were exchanged cannot be told apart either. Errors: `source.columns-changed`.
 */
export function requireClear(
  layout: Layout,
  { table, stored, former }: { table: PublishedTable; stored: StreamPosition['columns']; former: FormerNames },
): void {
  const names = new Set(table.columns.map(({ name }) => name))
  const exchanged = [...former.values()].filter((name) => names.has(name))
  const known = new Set(Object.values(stored))
  const numbers = new Set(Object.keys(stored))
  const doubtful = [
    ...layout.gone.filter((name) => !known.has(name)),
    ...table.columns.filter(({ name, number }) => layout.absent.includes(name) && numbers.has(number)).map(({ name }) => name),
  ]
  const isClear = layout.gone.length === 0 || layout.absent.length === 0 || doubtful.length === 0
  if (isClear && exchanged.length === 0) return
  throw mistake(
    'source.columns-changed',
    `Columns of ${table.stream} were renamed or exchanged while changes were waiting: ${[...exchanged, ...doubtful].join(', ')}; which value belongs to which column cannot be known`,
    'Read the table again as a whole: run the job with --full-reload.',
  )
}
