/** What a step did with its rows, as an equation. Pure. */
import type { RunStep, StepCounts } from '../../shared/run.ts'

export const PARTS = [
  { name: 'inserted', label: 'inserted' },
  { name: 'updated', label: 'updated' },
  { name: 'versions_closed', label: 'versions closed' },
  { name: 'unchanged', label: 'unchanged' },
  { name: 'rejected', label: 'rejected' },
] as const satisfies readonly { name: keyof StepCounts; label: string }[]

/** Rows read that are in none of the parts: 0 when the counts reconcile, negative when more came out than went in. */
export function leak(counts: StepCounts): number {
  return counts.read - PARTS.reduce((sum, { name }) => sum + counts[name], 0)
}

/** Rows read by steps that failed or were cancelled: the step was rolled back, so they are in no part, rightly. */
export function rolledBack(steps: readonly (Pick<RunStep, 'status'> & StepCounts)[]): number {
  return steps.filter(({ status }) => status === 'failed' || status === 'cancelled').reduce((sum, step) => sum + leak(step), 0)
}

/** A step that has not ended need not add up yet. */
export function isLeaking(step: Pick<RunStep, 'reconciles' | 'ended_at' | 'status'> & StepCounts): boolean {
  return step.ended_at !== null && step.status !== 'failed' && step.status !== 'cancelled' && (!step.reconciles || leak(step) !== 0)
}
