/**
 * Writing the run book. What a step did is written in the step's own transaction; everything else (began, failed, log)
 * commits at once, so that a crash leaves a true record. Each change of a status stands together with its event, and each
 * write also tells the channel `quintile_live`, by which the screen follows runs of any process.
 */
import { toFailure, type Failure } from '../../shared/failure.ts'
import type { CheckResult, RunStatus, RunStep, RunSummary } from '../../shared/run.ts'
import { toIso, type Clock } from '../../shared/time.ts'
import type { Session, Warehouse } from '../warehouse/index.ts'
import { watchCancel, type CancelWatch } from './cancel.ts'
import { closeInterrupted } from './close-interrupted.ts'
import { openProgress } from './tell.ts'
import { writeChecks } from './write-checks.ts'
import { writeEvents, type NewEvent } from './write-events.ts'
import { writeLog, type LogLine } from './write-log.ts'
import { writeRunEnd, writeRunRow, writeRunStart, type Opening } from './write-runs.ts'
import { writeAttemptFailed, writeStepDone, writeStepEnd, writeStepStart, type StepEnd, type StepOutcome } from './write-steps.ts'

export interface BookNeeds {
  warehouse: Warehouse
  clock: Clock
  identity: { machine: string; user: string; pid: number }
  codeVersion: string
  /** Called with each run that ended, to keep a copy for when there is no network. */
  keep(runId: string): Promise<void>
}

/** Opens the book for writing. */
export function openBook(needs: BookNeeds) {
  const { warehouse, clock } = needs
  const at = (): string => toIso(clock())
  const endings = openEndings(needs, at)
  return {
    log: (runId: string, line: LogLine): Promise<void> => writeLog(warehouse, { runId, at: at() }, [line]),

    /** With a session the event stands exactly when its transaction does. */
    event: (runId: string, event: NewEvent, session?: Session): Promise<void> =>
      writeEvents(session ?? warehouse, { runId, at: at() }, [event]),

    startRun: (opening: Opening): Promise<void> =>
      warehouse.withTransaction((session) => writeRunStart(session, opening, { ...needs, at: at() })),

    /** The run's own row alone, for what refers to it in a transaction that will be rolled back. */
    openIn: (session: Session, opening: Opening): Promise<void> => writeRunRow(session, opening, { ...needs, at: at() }),

    /** Null: go on. A step: an earlier attempt was committed after all, do not run it again. Errors: `run.lost`. */
    startStep: (runId: string, job: string, attempt: number): Promise<RunStep | null> =>
      writeStepStart(warehouse, { runId, job, at: at(), attempt }),

    /** An attempt failed and another will follow; the last one is told by `endStep`. */
    failAttempt: (runId: string, tried: { job: string; attempt: number; failure: Failure }): Promise<void> =>
      writeAttemptFailed(warehouse, { runId, at: at(), ...tried }),

    /** Results of a step's checks, in the step's own transaction. */
    checks: (session: Session, runId: string, { job, results }: { job: string; results: readonly CheckResult[] }): Promise<void> =>
      writeChecks(session, { runId, job, at: at() }, results),

    /** Errors: `run.lost`, which must roll the step's transaction back. */
    finishStep: (session: Session, runId: string, step: { job: string; status: RunStatus; result: StepOutcome }): Promise<void> =>
      writeStepDone(session, { runId, at: at(), ...step }),

    endStep: (runId: string, step: StepEnd): Promise<void> =>
      warehouse.withTransaction((session) => writeStepEnd(session, { runId, at: at(), ...step })),

    progress: openProgress(warehouse, clock),

    /** Calls `onCancel` once when somebody, in whatever process, asks the run to stop. Close it before `finishRun`. */
    watchCancel: (runId: string, onCancel: () => void): CancelWatch => watchCancel(warehouse, runId, onCancel),

    ...endings,
  }
}

/** Ends of runs; after each a copy is kept. */
function openEndings({ warehouse, keep }: BookNeeds, at: () => string) {
  /** The copy is a courtesy: a full local disk must not turn a run that succeeded into one that failed. */
  const keepOrSay = (runId: string): Promise<void> =>
    keep(runId).catch((thrown: unknown) => {
      const message = `no local copy for reading offline: ${toFailure(thrown).message}`
      return writeLog(warehouse, { runId, at: at() }, [{ level: 'warn', job: null, message }]).catch(() => undefined)
    })
  return {
    finishRun: async (runId: string, outcome: { status: RunStatus; failure: Failure | null }): Promise<RunSummary> => {
      const run = await warehouse.withTransaction((session) => writeRunEnd(session, { runId, at: at(), ...outcome }))
      await keepOrSay(runId)
      return run
    },

    /** Marks runs as failed whose process is gone; returns their ids. */
    closeInterrupted: async (): Promise<string[]> => {
      const closed = await warehouse.withTransaction((session) => closeInterrupted(session, at()))
      for (const runId of closed) await keepOrSay(runId)
      return closed
    },
  }
}
