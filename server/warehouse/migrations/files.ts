/** The files of a set: numbered pairs `NNNN_name.up.sql` and `NNNN_name.down.sql`, in the order of their names. */
import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

export interface MigrationSet {
  /** `engine` or the pack's name; names its record table `quintile.migrations_<name>`. */
  name: string
  folder: string
}

export interface MigrationFile {
  /** `NNNN_name`, as it is recorded. */
  name: string
  up: string
  /** Null where there is no way back. */
  down: string | null
  /** SHA-256 of the up file. */
  digest: string
}

const UP = /^(\d{4}_[a-z0-9_]+)\.up\.sql$/

/** The set's record table, unqualified. */
export function recordTable(set: MigrationSet): string {
  return `migrations_${set.name.replaceAll('-', '_')}`
}

/** The set's files with their texts. Errors: the folder is missing. */
export async function readFiles({ folder }: MigrationSet): Promise<MigrationFile[]> {
  const present = await readdir(folder)
  const names = present.flatMap((file) => UP.exec(file)?.[1] ?? []).sort()
  return Promise.all(
    names.map(async (name) => {
      const up = await readText(join(folder, `${name}.up.sql`))
      const down = present.includes(`${name}.down.sql`) ? await readText(join(folder, `${name}.down.sql`)) : null
      return { name, up, down, digest: createHash('sha256').update(up).digest('hex') }
    }),
  )
}

/** With plain line ends: a checkout on Windows must not look like an edited file. */
async function readText(file: string): Promise<string> {
  return (await readFile(file, 'utf8')).replaceAll('\r\n', '\n')
}

// Comments, texts and bodies of functions say nothing of what a file makes.
const NOT_SQL = /--[^\n]*|\/\*[\s\S]*?\*\/|(\$\w*\$)[\s\S]*?\1|'(?:[^']|'')*'/g
const NAME = String.raw`("[^"]+"|\w+)(?:\.("[^"]+"|\w+))?`
const MAKES = new RegExp(
  String.raw`\b(?:CREATE|ALTER)\s+(?:OR\s+REPLACE\s+)?(?:(?:UNLOGGED|MATERIALIZED|RECURSIVE|FOREIGN)\s+)*` +
    String.raw`(SCHEMA|TABLE|VIEW|SEQUENCE|FUNCTION|PROCEDURE|TYPE|DOMAIN)\s+(?:IF\s+(?:NOT\s+)?EXISTS\s+)?(?:ONLY\s+)?${NAME}`,
  'gi',
)

/**
 * What the file makes or alters, as `schema.name` (a schema: its name alone), in small letters where it is not quoted. For
 * warehouses that were migrated before anybody wrote down what a migration made.
 */
export function objectsMadeBy({ up }: MigrationFile): string[] {
  const found = [...up.replaceAll(NOT_SQL, ' ').matchAll(MAKES)].map(([, kind, first = '', second]) => {
    if (kind?.toUpperCase() === 'SCHEMA') return plain(first)
    return second === undefined ? `public.${plain(first)}` : `${plain(first)}.${plain(second)}`
  })
  return [...new Set(found)].sort()
}

function plain(name: string): string {
  if (!name.startsWith('"')) return name.toLowerCase()
  return /^"[a-z_][a-z0-9_]*"$/.test(name) ? name.slice(1, -1) : name
}
