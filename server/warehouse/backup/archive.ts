/** What is in a backup, by its own table of contents. */
import { mistake, toFailure } from '../../../shared/failure.ts'
import { runTool } from './child.ts'
import type { Tool } from './tools.ts'

export interface ArchiveEntry {
  /** `TABLE`, `TABLE DATA`, `VIEW`, … */
  kind: string
  /** `schema name owner`, as pg_restore lists it. */
  name: string
}

/** `215; 1259 16385 TABLE DATA public orders ana` */
const LINE = /^\d+; \d+ \d+ ((?:[A-Z]+ )*[A-Z]+) (.*)$/

/** The table of contents. Errors: `warehouse.not-a-backup`. */
export async function listArchive(tool: Tool, file: string): Promise<ArchiveEntry[]> {
  const text = await runTool({ tool, connection: null, args: ['--list', file] }).catch((thrown: unknown) => {
    throw mistake(
      'warehouse.not-a-backup',
      `${file} cannot be read as a backup: ${toFailure(thrown).message}`,
      'Only files of “quintile warehouse backup” and of pg_dump --format=custom can.',
    )
  })
  return text.split('\n').flatMap((line) => {
    const [, kind, name] = LINE.exec(line) ?? []
    return kind === undefined || name === undefined ? [] : [{ kind, name }]
  })
}

/** The names in one of our record tables, as the backup holds it; none where it does not. */
export async function migrationsIn(tool: Tool, file: string, table: string): Promise<string[]> {
  const args = ['--data-only', '--schema=quintile', `--table=${table}`, '--file=-', file]
  const text = await runTool({ tool, connection: null, args })
  const [, columns = '', rows = ''] = /^COPY \S+ \(([^)]*)\) FROM stdin;\n([\s\S]*?)^\\\.$/m.exec(text) ?? []
  const index = columns.split(', ').indexOf('name')
  return rows
    .split('\n')
    .filter((row) => row !== '')
    .flatMap((row) => row.split('\t')[index] ?? [])
}
