/** What a dry run predicted, held against what the next real run did. Pure. */
import type { PredictedStep } from '../../shared/plan.ts'
import type { StepCounts } from '../../shared/run.ts'

export interface ComparedStep {
  job: string
  predicted: StepCounts
  actual: StepCounts
  same: boolean
}

const COUNTS = ['read', 'inserted', 'updated', 'versions_closed', 'unchanged', 'rejected'] as const

function countsOf(step: StepCounts): StepCounts {
  const { read, inserted, updated, versions_closed, unchanged, rejected } = step
  return { read, inserted, updated, versions_closed, unchanged, rejected }
}

/** The steps that both have and that succeeded in both, in the order of the prediction. */
export function comparePrediction(
  predicted: readonly PredictedStep[],
  actual: readonly ({ job: string; status: string } & StepCounts)[],
): ComparedStep[] {
  const done = (status: string): boolean => status === 'succeeded' || status === 'warning'
  return predicted.flatMap((step) => {
    const real = actual.find((one) => one.job === step.job)
    if (real === undefined || !done(real.status) || !done(step.status)) return []
    return [{ job: step.job, predicted: countsOf(step), actual: countsOf(real), same: COUNTS.every((name) => step[name] === real[name]) }]
  })
}

/** “dim_customers: predicted 312 inserted, 41 versions closed; did 310 inserted, 41 versions closed”. */
export function sayDifference({ job, predicted, actual }: ComparedStep): string {
  const differing = COUNTS.filter((name) => predicted[name] !== actual[name])
  const say = (counts: StepCounts): string => differing.map((name) => `${String(counts[name])} ${name.replace('_', ' ')}`).join(', ')
  return `${job}: the dry run predicted ${say(predicted)}; it was ${say(actual)}`
}
