/** Checks on the target after the load, in the step's own transaction: what fails there is rolled back with the load. */
import type { Session } from '../../warehouse/index.ts'
import type { Job } from '../load-kinds.ts'
import { stageOf } from './declaration.ts'
import { CheckFailure, type CheckOutcome } from './outcome.ts'
import { carryOutCheck } from './run-checks.ts'

export interface TargetToCheck {
  job: Job
  runId: string
  /** What the checks on the batch found: it is told even when a check here fails the step. */
  staged: CheckOutcome
}

/** Judges the target as the step would leave it, all checks before the first failure is told. Errors: `check.failed`. */
export async function checkTarget(session: Session, { job, runId, staged }: TargetToCheck): Promise<CheckOutcome> {
  const outcome: CheckOutcome = { findings: [], results: [], rejected: 0 }
  const broken: string[] = []
  for (const check of job.checks.filter((one) => stageOf(one) === 'target')) {
    const { result, finding, stops } = await carryOutCheck({ session, job, runId }, check)
    outcome.results.push(result)
    if (finding !== null) outcome.findings.push(finding)
    if (stops) broken.push(finding?.reason ?? result.check)
  }
  if (broken.length === 0) return outcome
  throw new CheckFailure({
    message: `The load of “${job.name}” was undone: ${broken.join('; ')}`,
    hint: `Mend the source, or the check in ${job.file}; “quintile runs show latest” has the rows.`,
    results: [...staged.results, ...outcome.results],
  })
}
