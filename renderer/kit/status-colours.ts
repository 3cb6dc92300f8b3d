/** The colour of a bar that stands for a step; a word or an icon always stands beside it. */
import type { RunStatus } from '../../shared/run.ts'

export const STATUS_BARS: Record<RunStatus, string> = {
  queued: 'bg-line-strong',
  running: 'bg-running',
  succeeded: 'bg-positive opacity-70',
  warning: 'bg-warning opacity-75',
  failed: 'bg-danger opacity-80',
  cancelled: 'bg-faint',
  skipped: 'bg-line-strong',
}
