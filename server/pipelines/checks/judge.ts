/** From bad rows and thresholds to a status. Pure. */
import type { CheckResult } from '../../../shared/run.ts'
import { nameOf, stageOf, type Check } from './declaration.ts'
import type { Finding } from './outcome.ts'

/** What a check counted or measured. */
export interface Observation {
  reason: string
  /** Null for a check that measures the whole; then `bad` says whether it is out of bounds. */
  badRows: number | null
  bad: boolean
  /** Rows looked at, for thresholds that are shares. */
  of: number
  measured: string | null
  expected: string | null
  sample: unknown[]
}

export interface Verdict {
  result: CheckResult
  /** Null when there is nothing to tell. */
  finding: Finding | null
  /** The step must not go on. */
  stops: boolean
}

/** A threshold as a number of rows. */
export function rowsOf(threshold: number | string, of: number): number {
  return typeof threshold === 'number' ? threshold : (Number.parseFloat(threshold) / 100) * of
}

/** Judges what was seen. A rejected row is no failure of the step: it is kept out, and told. */
export function judge(check: Check, seen: Observation): Verdict {
  const stage = stageOf(check)
  const rejects = stage === 'staged' && check.severity === 'error' && check.bad_rows === 'reject' && seen.badRows !== null
  const count = seen.badRows ?? Number(seen.bad)
  const stops = count > rowsOf(check.error_above ?? defaultErrorAbove(check, rejects), seen.of)
  const told = count > rowsOf(check.warn_above, seen.of)
  const { reason, badRows, measured, expected, sample } = seen
  const result: CheckResult = {
    ...{ check: nameOf(check), stage, severity: check.severity, status: statusOf(check, { stops, told }), bad_rows: badRows },
    ...{ measured, expected, sample: check.sample ? sample : [] },
  }
  const finding: Finding = { reason, rows: count, severity: rejects || stops ? 'error' : 'warn' }
  return { result, finding: told || stops || (rejects && count > 0) ? finding : null, stops }
}

/** Without a threshold of its own an error check on the target fails at the first bad row; one that rejects never does. */
function defaultErrorAbove({ severity }: Check, rejects: boolean): number {
  return rejects || severity === 'warn' ? Infinity : 0
}

function statusOf({ severity }: Check, { stops, told }: { stops: boolean; told: boolean }): CheckResult['status'] {
  if (stops) return 'fail'
  if (!told) return 'pass'
  return severity === 'error' ? 'fail' : 'warn'
}
