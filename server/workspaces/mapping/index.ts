/** A warehouse that others made and fill: what is in it, what it means, and what becomes of that. It is only ever read. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { stringify } from 'yaml'
import type { Warehouse } from '../../warehouse/index.ts'
import { applyMapping, type Applied } from './apply.ts'
import { checkMapping, requireTrue, type MappingReport } from './check.ts'
import { MAPPING_FILE, parseMapping, readMapping, type Mapping, type MappingInput } from './declaration.ts'
import { discoverTables, type FoundTable } from './discover.ts'
import { proposeMapping, type Wishes } from './propose.ts'

export type { Applied } from './apply.ts'
export type { Finding, MappingReport } from './check.ts'
export { PARTS, type PartName } from './declaration.ts'
export type { FoundTable } from './discover.ts'
export type { Wishes } from './propose.ts'

const HEAD = `# What the tables of this warehouse mean. Names are the database's own, letter by letter; a table is written table or
# schema.table, with double quotes where SQL needs them. In the place of “table” there may be “query”: a SELECT.
# After a change: quintile connect check, and then quintile connect apply.
`

/** Opens nothing yet. Errors of the calls: `mapping.*`, those of the warehouse. */
export function openMapping({ folder, warehouse }: { folder: string; warehouse: Warehouse }) {
  const check = async (mapping?: Mapping): Promise<MappingReport> => checkMapping(warehouse, mapping ?? (await readMapping(folder)))
  return {
    /** Every table and view that the login may read. */
    tables: (): Promise<FoundTable[]> => warehouse.withTransaction(discoverTables, { readOnly: true }),
    /** A first mapping; see `proposeMapping` for what it refuses. */
    propose: (found: readonly FoundTable[], wishes: Wishes): MappingInput => proposeMapping(found, wishes),
    /** Writes mapping.yaml, after looking whether it can be read back. */
    write: async (mapping: MappingInput): Promise<void> => {
      const text = `${HEAD}${stringify(mapping, { lineWidth: 0 })}`
      parseMapping(text)
      await writeFile(join(folder, MAPPING_FILE), text)
    },
    /** Holds mapping.yaml against the live tables. */
    check: () => check(),
    /** Checks, then writes features, reports and segments. Errors: `mapping.wrong`. */
    apply: async (): Promise<{ report: MappingReport; applied: Applied }> => {
      const mapping = await readMapping(folder)
      const report = await check(mapping)
      requireTrue(report)
      return { report, applied: await applyMapping(folder, mapping, report) }
    },
  }
}
