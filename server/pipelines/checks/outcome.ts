/** What checks found: findings for the log, results for the trend, and the failure that stops a step. */
import type { CheckResult } from '../../../shared/run.ts'
import { Failure } from '../../../shared/failure.ts'

/** Rows that break a rule, in words. `error`: kept out, or the reason why the step stopped; `warn`: only told. */
export interface Finding {
  reason: string
  rows: number
  severity: 'error' | 'warn'
}

export interface CheckOutcome {
  findings: Finding[]
  /** One per check, the passed ones too. */
  results: CheckResult[]
  /** Rows taken out of staging into the rejects. */
  rejected: number
}

/** A check whose outcome stops the step. The results go with it: the step's transaction, and what it wrote of them, is rolled back. */
export class CheckFailure extends Failure {
  readonly results: readonly CheckResult[]

  constructor({ message, hint, results }: { message: string; hint: string; results: readonly CheckResult[] }) {
    super({ kind: 'stop', code: 'check.failed', message, hint })
    this.results = results
  }
}
