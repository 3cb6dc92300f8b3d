/**
 * Writing the run book. What a step did is written in the step's own transaction; everything else (began, failed, log)
 * commits at once, so that a crash leaves a true record. Each write also tells the channel `quintile_live`, by which the
 * screen follows runs of any process.
 */
import { toFailure, type Failure } from '../../shared/failure.ts'
import type { RunStatus, RunSummary } from '../../shared/run.ts'
import { toIso, type Clock } from '../../shared/time.ts'
import type { Session, Warehouse } from '../warehouse/index.ts'
import { openProgress } from './tell.ts'
import { writeLog, type LogLine } from './write-log.ts'
import { closeInterrupted, writeRunEnd, writeRunStart, type Opening } from './write-runs.ts'
import { writeStepDone, writeStepEnd, writeStepStart, type StepOutcome } from './write-steps.ts'

export interface BookNeeds {
  warehouse: Warehouse
  clock: Clock
  identity: { machine: string; user: string; pid: number }
  codeVersion: string
  /** Called with each run that ended, to keep a copy for when there is no network. */
  keep(runId: string): Promise<void>
}

/** Opens the book for writing. */
export function openBook({ warehouse, clock, identity, codeVersion, keep }: BookNeeds) {
  const at = (): string => toIso(clock())
  /** The copy is a courtesy: a full local disk must not turn a run that succeeded into one that failed. */
  const keepOrSay = (runId: string): Promise<void> =>
    keep(runId).catch((thrown: unknown) =>
      writeLog(warehouse, runId, {
        at: at(),
        level: 'warn',
        job: null,
        message: `no local copy for reading offline: ${toFailure(thrown).message}`,
      }).catch(() => undefined),
    )
  return {
    log: (runId: string, line: LogLine): Promise<void> => writeLog(warehouse, runId, { at: at(), ...line }),

    startRun: (opening: Opening): Promise<void> =>
      warehouse.withTransaction((session) => writeRunStart(session, opening, { identity, codeVersion, at: at() })),

    startStep: (runId: string, job: string, attempt: number): Promise<void> =>
      warehouse.withSession((session) => writeStepStart(session, { runId, job, at: at(), attempt })),

    finishStep: (session: Session, runId: string, step: { job: string; status: RunStatus; result: StepOutcome }): Promise<void> =>
      writeStepDone(session, { runId, at: at(), ...step }),

    endStep: (runId: string, step: { job: string; status: RunStatus; note: string | null; failure: Failure | null }): Promise<void> =>
      warehouse.withTransaction((session) => writeStepEnd(session, { runId, at: at(), ...step })),

    progress: openProgress(warehouse, clock),

    finishRun: async (runId: string, outcome: { status: RunStatus; failure: Failure | null }): Promise<RunSummary> => {
      const run = await warehouse.withTransaction((session) => writeRunEnd(session, { runId, at: at(), ...outcome }))
      await keepOrSay(runId)
      return run
    },

    closeInterrupted: async (): Promise<string[]> => {
      const closed = await warehouse.withTransaction(closeInterrupted)
      for (const runId of closed) await keepOrSay(runId)
      return closed
    },
  }
}
