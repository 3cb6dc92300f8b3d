/** What two runs differ in, as a person reads it. Pure. */
import type { Change, FindingDiff, StepDiff } from '../../shared/run-diff.ts'
import { formatCount, formatShare } from '../kit/format.ts'

/** Times differ from run to run; less than a fifth, or less than half a second, is no news. */
const SLOWER = 0.2
const SECONDS = 0.5

export function isSlower({ difference, percent }: Change): boolean {
  return difference !== null && percent !== null && Math.abs(difference) >= SECONDS && Math.abs(percent) >= SLOWER
}

/** Whether a step did something else than before; how long it took does not count. */
export function isChanged(step: StepDiff): boolean {
  return (
    step.stands_in !== 'both' ||
    step.status.changed ||
    step.watermark.changed ||
    Object.values(step.counts).some(({ difference }) => difference !== null && difference !== 0)
  )
}

/** `+312`, `−3`; empty where there is no difference. */
export function signedCount(difference: number | null): string {
  if (difference === null || difference === 0) return ''
  return difference > 0 ? `+${formatCount(difference)}` : `−${formatCount(-difference)}`
}

/** `+25.0%` */
export function signedShare(percent: number | null): string {
  if (percent === null || percent === 0) return ''
  return percent > 0 ? `+${formatShare(percent, 1)}` : `−${formatShare(-percent, 1)}`
}

/** `37 rows`, `12 → 37 rows` or nothing where a finding has no rows to count. */
export function findingRows({ before, after }: FindingDiff): string {
  const words = (rows: number): string => `${formatCount(rows)} ${rows === 1 ? 'row' : 'rows'}`
  if (before !== null && after !== null) return `${formatCount(before)} → ${words(after)}`
  const rows = after ?? before
  return rows === null ? '' : words(rows)
}
