/** Which column of the file is which field: by `--map`, else by the header names that the declaration lists. */
import { mistake } from '../../../shared/failure.ts'
import { nearest } from '../../../shared/nearest.ts'
import type { ImportDeclaration } from './declaration.ts'

export interface MappedColumn {
  column: string
  field: string
}

export interface ColumnMapping {
  /** In the order of the declaration. `index` is the column's place in the file. */
  columns: (MappedColumn & { index: number })[]
  ignored: string[]
}

interface Asked {
  header: readonly string[]
  declaration: ImportDeclaration
  /** `column=field`, as given to `--map`. */
  map: readonly string[]
  file: string
}

/** Case, blanks and punctuation do not tell header names apart: “Invoice No.” is `invoice_no`. */
const plain = (text: string): string => text.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '')

/**
 * Errors: `import.bad-map`, `import.unknown-column`, `import.unknown-field`, `import.two-columns`, `import.no-column`; each
 * names the file's columns or the nearest name.
 */
export function mapColumns(asked: Asked): ColumnMapping {
  const taken = explicitColumns(asked)
  const used = new Set(taken.values())
  for (const field of Object.keys(asked.declaration.fields)) {
    if (taken.has(field)) continue
    const index = recognise(asked, field, used)
    if (index !== undefined) taken.set(field, index)
  }
  refuseMissing(asked, taken)
  const places = new Set(taken.values())
  return {
    columns: Object.keys(asked.declaration.fields).flatMap((field) => {
      const index = taken.get(field)
      return index === undefined ? [] : [{ column: asked.header[index] ?? '', field, index }]
    }),
    ignored: asked.header.filter((_, index) => !places.has(index)),
  }
}

function explicitColumns({ header, declaration, map, file }: Asked): Map<string, number> {
  const taken = new Map<string, number>()
  for (const entry of map) {
    const at = entry.lastIndexOf('=')
    if (at < 1 || at === entry.length - 1)
      throw mistake('import.bad-map', `“${entry}” is not column=field`, 'Write --map "Column in the file=field".')
    const [column, field] = [entry.slice(0, at).trim(), entry.slice(at + 1).trim()]
    const fields = Object.keys(declaration.fields)
    if (!fields.includes(field))
      throw mistake('import.unknown-field', `--map “${entry}”: there is no field “${field}”`, choices('field', field, fields))
    const index = columnIndex(header, column)
    if (index < 0)
      throw mistake('import.unknown-column', `--map “${entry}”: ${file} has no column “${column}”`, choices('column', column, header))
    const other = taken.get(field)
    if (other !== undefined) throw twoColumns(field, [header[other] ?? '', header[index] ?? ''])
    taken.set(field, index)
  }
  return taken
}

function columnIndex(header: readonly string[], column: string): number {
  const exact = header.indexOf(column)
  return exact >= 0 ? exact : header.findIndex((name) => plain(name) === plain(column))
}

function recognise({ header, declaration }: Asked, field: string, used: ReadonlySet<number>): number | undefined {
  const names = new Set([field, ...(declaration.fields[field]?.headers ?? [])].map(plain))
  const found = header.flatMap((name, index) => (names.has(plain(name)) && !used.has(index) ? [index] : []))
  if (found.length > 1)
    throw twoColumns(
      field,
      found.map((index) => header[index] ?? ''),
    )
  return found[0]
}

function twoColumns(field: string, columns: readonly string[]): Error {
  const list = columns.map((column) => `“${column}”`).join(' and ')
  return mistake('import.two-columns', `Both columns ${list} would be the field “${field}”`, {
    hint: `Choose one: --map "${columns[0] ?? ''}=${field}".`,
    details: { field, columns: [...columns] },
  })
}

function refuseMissing({ header, declaration, file }: Asked, taken: ReadonlyMap<string, number>): void {
  const missing = Object.entries(declaration.fields).filter(([field, { required }]) => required && !taken.has(field))
  const first = missing[0]
  if (first === undefined) return
  const [field, { headers }] = first
  const free = header.filter((_, index) => ![...taken.values()].includes(index))
  const guess = [field, ...headers].map((name) => nearest(name, free)).find((name) => name !== undefined) ?? free[0] ?? 'COLUMN'
  throw mistake(
    'import.no-column',
    `${file} has no column for ${missing.map(([name]) => `“${name}”`).join(', ')}; its columns are ${header.map((name) => `“${name}”`).join(', ')}`,
    {
      hint: `Say which column it is, for example --map "${guess}=${field}".`,
      details: { missing: missing.map(([name]) => name), columns: [...header] },
    },
  )
}

function choices(what: string, word: string, known: readonly string[]): string {
  const found = nearest(word, known)
  const list = `The ${what}s are: ${known.join(', ')}.`
  return found === undefined ? list : `Did you mean “${found}”? ${list}`
}
