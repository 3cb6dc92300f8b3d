/** The workspace's own manual: `help.md`, the tables with the comments that its migrations gave them, and the jobs. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { helpTableSchema, type Help, type HelpTable } from '../shared/contract/help.ts'
import { toFailure } from '../shared/failure.ts'
import type { Rooms } from './assemble.ts'

/** Tables and views that people may look at: not PostgreSQL's, not the engine's. */
const TABLES = `
  SELECT CASE n.nspname WHEN 'public' THEN '' ELSE n.nspname || '.' END || c.relname AS "table",
    CASE WHEN c.relkind IN ('v', 'm') THEN 'view' ELSE 'table' END AS kind, obj_description(c.oid, 'pg_class') AS comment,
    (SELECT json_agg(json_build_object('name', a.attname, 'type', format_type(a.atttypid, a.atttypmod), 'comment', col_description(c.oid, a.attnum)) ORDER BY a.attnum)
     FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) AS columns
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p', 'v', 'm') AND NOT c.relispartition AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'quintile')
    AND n.nspname NOT LIKE 'pg\\_%'
  ORDER BY n.nspname <> 'public', n.nspname, c.relname`

/** Reads the manual. Errors: a bad job file; without the warehouse the tables are those that were read last. */
export async function readHelp(rooms: Rooms): Promise<Help> {
  const { folder, settings, pack } = rooms.workspace
  const { jobs } = await rooms.pipelines.catalogue()
  return {
    ...{ pack: settings.pack, title: pack.title, description: pack.description },
    text: await readFile(join(folder, 'help.md'), 'utf8').catch(() => null),
    tables: await tablesOrKept(rooms),
    jobs: [...jobs.values()].map(({ name, group, kind, source = null, target, needs }) => ({
      job: name,
      group,
      kind,
      source,
      target,
      needs,
    })),
  }
}

async function tablesOrKept({ warehouse, local }: Rooms): Promise<HelpTable[]> {
  try {
    const { rows } = await warehouse.query<HelpTable>(TABLES)
    const tables = rows.map((row) => ({ ...row, columns: (row.columns as HelpTable['columns'] | null) ?? [] }))
    local.keepAnswer('help tables', tables)
    return tables
  } catch (thrown) {
    if (toFailure(thrown).kind !== 'retry') throw thrown
    return helpTableSchema.array().catch([]).parse(local.answer('help tables'))
  }
}
