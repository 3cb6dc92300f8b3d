/** What a run tells the run book. The book is another room: `assemble` hands it over in this shape. */
import type { Failure } from '../../shared/failure.ts'
import type { CheckResult, RunEventKind, RunKind, RunStatus, RunStep, RunSummary } from '../../shared/run.ts'
import type { Session } from '../warehouse/index.ts'
import type { StepResult } from './step.ts'

export interface RunOpening {
  runId: string
  kind: RunKind
  request: string
  arguments: Record<string, unknown>
  packHash: string
  steps: readonly { job: string; group: string; position: number; source?: string | null; target?: string | null }[]
  /** The run whose failed steps this one runs again. */
  retryOf?: string | undefined
  schedule?: string | undefined
}

export interface StepEnding {
  job: string
  status: RunStatus
  note: string | null
  failure: Failure | null
  /** What the checks found before the step's transaction, and what it wrote of them, was rolled back. */
  checks?: readonly CheckResult[] | undefined
}

export interface RunRecorder {
  startRun(opening: RunOpening): Promise<void>
  /** The same inside a transaction that is rolled back: what a dry run writes refers to it. */
  openIn(session: Session, opening: RunOpening): Promise<void>
  /** Null: go on. A step: an earlier attempt was committed after all, and must not be run again. */
  startStep(runId: string, job: string, attempt: number): Promise<RunStep | null>
  /** Results of a step's checks, in the step's own transaction. */
  checks(session: Session, runId: string, found: { job: string; results: readonly CheckResult[] }): Promise<void>
  /** Writes the step's outcome in the step's own transaction. */
  finishStep(session: Session, runId: string, outcome: { job: string; status: RunStatus; result: StepResult }): Promise<void>
  /** A step that did not commit: failed, cancelled, or skipped because of another. */
  endStep(runId: string, outcome: StepEnding): Promise<void>
  /** An attempt failed, and another follows. */
  failAttempt(runId: string, outcome: { job: string; attempt: number; failure: Failure }): Promise<void>
  /** What happened, for programs. */
  event(runId: string, event: { kind: RunEventKind; job: string | null; detail: Record<string, unknown> }): Promise<void>
  /** Calls back once when anybody asks this run to stop. */
  watchCancel(runId: string, onCancel: () => void): { close(): Promise<void> }
  progress(runId: string, job: string, moved: { done: number; total: number | null }): void
  log(runId: string, line: { level: 'info' | 'warn' | 'error'; job: string | null; message: string }): Promise<void>
  finishRun(runId: string, outcome: { status: RunStatus; failure: Failure | null }): Promise<RunSummary>
  /** Marks runs as failed whose process is gone; returns their ids. */
  closeInterrupted(): Promise<string[]>
}
