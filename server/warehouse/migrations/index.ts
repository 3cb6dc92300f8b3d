/** The sets of migrations of one warehouse: how they stand, what a request would do, and doing it under the lock. */
import type { Connection } from '../connection.ts'
import { toSession, withClient, type Session } from '../session.ts'
import { carryOut } from './carry-out.ts'
import type { MigrationSet } from './files.ts'
import { MIGRATION_LOCK, migratorName, withMigrationLock } from './lock.ts'
import { planMoves, type MigrationRequest } from './plan.ts'
import { readRecord } from './record.ts'
import { refuseDisorder, refuseState } from './refuse.ts'
import { toSteps, type Actor, type Step } from './script.ts'
import { readOnlyReason, toHistory, toState, type HistoryEntry, type MigrationState } from './state.ts'

export type { MigrationSet } from './files.ts'
export type { MigrationRequest } from './plan.ts'
export type { Actor, Step } from './script.ts'
export { newerFailure, readOnlyReason, type HistoryEntry, type MigrationState } from './state.ts'

export interface MigrationNeeds {
  locate(): Promise<Connection>
  /** In the order in which they are applied; the last is the pack’s. */
  sets: readonly MigrationSet[]
  actor: Actor
  /** How long to wait for another who migrates, in milliseconds. */
  wait?: number | undefined
}

export interface MoveOptions {
  signal?: AbortSignal | undefined
  /** Told of each step that is committed. */
  onStep?: ((step: Step) => void) | undefined
  /** A sentence by the way: whom it waits for. */
  say?: ((text: string) => void) | undefined
}

export interface PlannedMoves {
  steps: Step[]
  /** By set: where it will stand, `base` for nowhere. Asking for that instead of `-1` is safe when somebody else moves too. */
  reaches: Record<string, string>
}

export interface Migrations {
  states(): Promise<MigrationState[]>
  history(): Promise<HistoryEntry[]>
  /** Why this app may only read; null where it may write. */
  readOnlyReason(): Promise<string | null>
  /** What `move` would run; changes nothing. Errors: as `move`. */
  plan(request: MigrationRequest): Promise<PlannedMoves>
  /** The whole script, as one would run it in psql. */
  script(steps: readonly Step[]): string
  /**
   * Carries a request out under the lock. Errors: `warehouse.migrating`, `warehouse.newer`, `warehouse.migration-edited`,
   * `warehouse.out-of-order`, `warehouse.migration-failed`, and those of `planMoves`.
   */
  move(request: MigrationRequest, options?: MoveOptions): Promise<Step[]>
}

const WAIT_MILLISECONDS = 30_000

/** Opens the migrations; connects at each call and leaves nothing open. */
export function openMigrations({ locate, sets, actor, wait = WAIT_MILLISECONDS }: MigrationNeeds): Migrations {
  const read = async <T>(work: (session: Session) => Promise<T>): Promise<T> => withClient(await locate(), migratorName(actor), work)
  const planIn = async (session: Session, request: MigrationRequest): Promise<PlannedMoves> => {
    const record = await readRecord(session, sets)
    const acceptEdited = request.verb !== 'upgrade' || request.acceptEdited === true
    refuseState(record.sets, { codeVersion: actor.codeVersion, acceptEdited })
    const moves = planMoves(record.sets, request)
    refuseDisorder(moves)
    const steps = toSteps(record, moves, { actor, acceptEdited: request.acceptEdited === true })
    return { steps, reaches: whereTo(record.sets.map(toState), steps) }
  }
  const states = (): Promise<MigrationState[]> => read(async (session) => (await readRecord(session, sets)).sets.map(toState))
  return {
    states,
    history: () => read(async (session) => (await readRecord(session, sets)).sets.flatMap(toHistory)),
    readOnlyReason: async () => readOnlyReason(await states(), actor.codeVersion),
    plan: (request) => read((session) => planIn(session, request)),
    script: toScript,
    move: async (request, { signal, onStep, say = () => undefined } = {}) => {
      // One cheap look first: most starts find nothing to do and need no lock.
      const before = await read((session) => planIn(session, request))
      if (before.steps.length === 0) return []
      const connection = await locate()
      return withMigrationLock({ connection, actor, wait, say }, async (client) => {
        // Again, now that nobody else can move: whoever held the lock may have done it already.
        const { steps } = await planIn(toSession(client), request)
        await carryOut(client, { connection, steps, signal, onStep })
        return steps
      })
    },
  }
}

function whereTo(states: readonly MigrationState[], steps: readonly Step[]): Record<string, string> {
  const reaches = Object.fromEntries(states.map((state) => [state.set, state.applied]))
  for (const { set, migration, direction } of steps) {
    const applied = reaches[set] ?? []
    if (direction === 'up' || direction === 'record') reaches[set] = [...applied, migration]
    else if (direction !== 'note') reaches[set] = applied.filter((name) => name !== migration)
  }
  return Object.fromEntries(Object.entries(reaches).map(([set, applied]) => [set, applied.at(-1) ?? 'base']))
}

function toScript(steps: readonly Step[]): string {
  if (steps.length === 0) return '-- Nothing to run.\n'
  return [
    '-- Run with: psql --set ON_ERROR_STOP=1 --file THIS_FILE',
    `SELECT pg_advisory_lock(${MIGRATION_LOCK});`,
    ...steps.map((step) => `\n${step.sql}`),
    `\nSELECT pg_advisory_unlock(${MIGRATION_LOCK});`,
    '',
  ].join('\n')
}
