/** Runs steps, one transaction each, on a connection that holds the migration lock. */
import type pg from 'pg'
import { Failure, toFailure, type FailureDetails } from '../../../shared/failure.ts'
import { openClient, type Connection } from '../connection.ts'
import { toWarehouseFailure } from '../sqlstate.ts'
import type { Step } from './script.ts'

export interface CarryOut {
  connection: Connection
  steps: readonly Step[]
  /** Stops the statement that runs; its file is rolled back, earlier ones stay. */
  signal?: AbortSignal | undefined
  onStep?: ((step: Step) => void) | undefined
}

/** Errors: `warehouse.migration-failed` with file and line; that file is rolled back, those before it stay. */
export async function carryOut(client: pg.Client, { connection, steps, signal, onStep }: CarryOut): Promise<void> {
  const backend = (client as unknown as { processID: number | null }).processID
  const cancel = (): void => void cancelBackend(connection, backend).catch(() => undefined)
  const isStopped = (): boolean => signal?.aborted === true
  signal?.addEventListener('abort', cancel, { once: true })
  try {
    for (const step of steps) {
      if (isStopped()) throw stopped(step)
      try {
        await client.query(step.sql)
      } catch (thrown) {
        await client.query('ROLLBACK').catch(() => undefined)
        throw isStopped() ? stopped(step) : failedAt(step, thrown)
      }
      onStep?.(step)
    }
  } finally {
    signal?.removeEventListener('abort', cancel)
  }
}

async function cancelBackend(connection: Connection, backend: number | null): Promise<void> {
  const other = await openClient(connection, 'quintile cancel')
  try {
    await other.query('SELECT pg_cancel_backend($1)', [backend])
  } finally {
    await other.end()
  }
}

function nameOf({ set, migration }: Step): string {
  return migration === '' ? 'the record of migrations' : `${migration} of “${set}”`
}

function stopped(step: Step): Failure {
  return new Failure({
    kind: 'stop',
    code: 'warehouse.migration-stopped',
    message: `Stopped at ${nameOf(step)}, which left no trace; what was told before it stands`,
  })
}

/** Failures whose usual hint, to upgrade, leads nowhere here. */
const CORRECT_THE_FILE = new Set(['warehouse.no-table', 'warehouse.no-column', 'warehouse.no-schema', 'warehouse.bad-sql'])

function failedAt(step: Step, thrown: unknown): Failure {
  const failure = toFailure(toWarehouseFailure(thrown))
  const line = lineOf(step, thrown)
  const details: FailureDetails = { ...failure.details, set: step.set, migration: step.migration }
  if (line !== null) details['line'] = line
  return new Failure({
    kind: failure.kind === 'retry' ? 'retry' : 'mistake',
    code: 'warehouse.migration-failed',
    message: `${nameOf(step)} did not run${line === null ? '' : ` (line ${String(line)} of its file)`}: ${failure.message}`,
    hint: [
      'The warehouse is as it was before that file.',
      ...(CORRECT_THE_FILE.has(failure.code) ? ['Correct the file.'] : [failure.hint ?? '']),
    ]
      .join(' ')
      .trim(),
    details,
    cause: thrown,
  })
}

/** The line of the file that PostgreSQL points at, from 1. */
function lineOf({ sql, fileStart }: Step, thrown: unknown): number | null {
  const position = Number((thrown as { position?: string }).position)
  if (fileStart === null || !Number.isInteger(position) || position <= 0) return null
  // PostgreSQL counts code points, JavaScript UTF-16 units.
  const before = [...sql].slice(0, position - 1).join('')
  return before.length < fileStart ? null : before.slice(fileStart).split('\n').length
}
