/** What a run tells the run book. The book is another room: `assemble` hands it over in this shape. */
import type { Failure } from '../../shared/failure.ts'
import type { RunKind, RunStatus, RunSummary } from '../../shared/run.ts'
import type { Session } from '../warehouse/index.ts'
import type { StepResult } from './step.ts'

export interface RunOpening {
  runId: string
  kind: RunKind
  request: string
  arguments: Record<string, unknown>
  packHash: string
  steps: readonly { job: string; group: string; position: number }[]
}

export interface RunRecorder {
  startRun(opening: RunOpening): Promise<void>
  startStep(runId: string, job: string, attempt: number): Promise<void>
  /** Writes the step's outcome in the step's own transaction. */
  finishStep(session: Session, runId: string, outcome: { job: string; status: RunStatus; result: StepResult }): Promise<void>
  /** A step that did not commit: failed, cancelled, or skipped because of another. */
  endStep(runId: string, outcome: { job: string; status: RunStatus; note: string | null; failure: Failure | null }): Promise<void>
  progress(runId: string, job: string, moved: { done: number; total: number | null }): void
  log(runId: string, line: { level: 'info' | 'warn' | 'error'; job: string | null; message: string }): Promise<void>
  finishRun(runId: string, outcome: { status: RunStatus; failure: Failure | null }): Promise<RunSummary>
  /** Marks runs as failed whose process is gone; returns their ids. */
  closeInterrupted(): Promise<string[]>
}
