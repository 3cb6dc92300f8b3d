/** Which run a person means: an id, the beginning of one, or “latest”. */
import { mistake, type Failure } from '../../shared/failure.ts'
import type { LocalStore } from '../local/index.ts'
import type { Warehouse } from '../warehouse/index.ts'
import { orElseLocal } from './or-else-local.ts'
import { readIdsLike, readNewestId } from './read-runs.ts'

/** What is no UUID is no run of ours; PostgreSQL would call it a bad value. */
const RUN_ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i
const BEGINNING = /^[0-9a-f][0-9a-f-]{3,35}$/i

/** Whether the text is a whole id. */
export function isRunId(text: string): boolean {
  return RUN_ID.test(text)
}

/** The failure `run.unknown`. */
export function unknownRun(name: string): Failure {
  return mistake('run.unknown', `There is no run ${name}`, '“quintile runs list” shows the runs; “latest” is the newest one.')
}

/** The id of the run that is meant. Errors: `run.unknown`, `run.ambiguous`. */
export async function findRun(needs: { warehouse: Warehouse; local: LocalStore }, name: string): Promise<string> {
  if (isRunId(name)) return name.toLowerCase()
  const ids = await orElseLocal(
    () => idsInWarehouse(needs.warehouse, name),
    () => idsKept(needs.local, name),
  )
  if (ids.length > 1) {
    throw mistake('run.ambiguous', `Several runs begin with ${name}`, {
      hint: `Give more of the id: ${ids.slice(0, 5).join(', ')}${ids.length > 5 ? ', …' : ''}`,
      details: { runs: ids.slice(0, 5) },
    })
  }
  if (ids[0] === undefined) throw unknownRun(name)
  return ids[0]
}

async function idsInWarehouse(warehouse: Warehouse, name: string): Promise<string[]> {
  if (name !== 'latest') return BEGINNING.test(name) ? readIdsLike(warehouse, name) : []
  const id = await readNewestId(warehouse)
  return id === undefined ? [] : [id]
}

function idsKept(local: LocalStore, name: string): string[] {
  const { runs } = local.listRuns({ offset: 0, limit: 500 })
  if (name === 'latest') {
    const newest = runs.find((run) => run.kind !== 'sync') ?? runs[0]
    return newest === undefined ? [] : [newest.run_id]
  }
  const digits = name.toLowerCase().replaceAll('-', '')
  return BEGINNING.test(name) ? runs.map((run) => run.run_id).filter((id) => id.replaceAll('-', '').startsWith(digits)) : []
}
