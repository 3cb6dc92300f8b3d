/** Whether what a run would need can be reached: asked before a schedule starts it. */
import { toFailure } from '../../shared/failure.ts'
import { openPostgresSource } from '../sources/index.ts'
import type { Warehouse } from '../warehouse/index.ts'
import type { JobSource, JobSources } from './job-sources.ts'
import type { Plan } from './plan.ts'

/** One connection, and what is wrong with it. */
export interface Health {
  name: string
  ok: boolean
  message: string
}

/** The warehouse, and each database that a step of the plan reads. Files and APIs say by themselves what is wrong, when they are read. */
export async function checkHealth(warehouse: Warehouse, sources: JobSources, { steps }: Plan): Promise<Health[]> {
  const used = new Set(steps.flatMap(({ job }) => job.source ?? []))
  const lines = [await lineOf(`warehouse ${warehouse.label}`, () => warehouse.query('SELECT 1'))]
  for (const [name, source] of Object.entries(sources)) if (used.has(name)) lines.push(await lineOf(`source ${name}`, () => reach(source)))
  return lines
}

async function reach(source: JobSource): Promise<unknown> {
  if (!('connection' in source)) return undefined
  const connection = await source.connection()
  if (connection === null) return undefined
  const reader = openPostgresSource(connection)
  try {
    return await reader.describe('SELECT 1 AS one')
  } finally {
    await reader.close()
  }
}

async function lineOf(name: string, ask: () => Promise<unknown>): Promise<Health> {
  try {
    await ask()
    return { name, ok: true, message: 'reachable' }
  } catch (thrown) {
    return { name, ok: false, message: toFailure(thrown).message }
  }
}
