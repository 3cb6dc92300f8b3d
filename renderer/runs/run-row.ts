/** A run as one row of the list. Pure. */
import type { Row } from '../../shared/contract/answers.ts'
import type { RunSummary } from '../../shared/run.ts'
import { formatDuration } from '../kit/format.ts'
import type { TableColumn } from '../kit/table.ts'

export const RUN_COLUMNS: TableColumn[] = [
  { name: 'status', label: 'Status', format: 'text', width: [7.25, 0] },
  { name: 'request', label: 'Run', format: 'text', width: [14, 4] },
  { name: 'started_at', label: 'Started', format: 'datetime', width: [10, 0] },
  { name: 'duration', label: 'Duration', format: 'text', width: [5.5, 0] },
  { name: 'read', label: 'Read', format: 'integer', width: [5, 1] },
  { name: 'inserted', label: 'Inserted', format: 'integer', width: [5.25, 1] },
  { name: 'updated', label: 'Updated', format: 'integer', width: [5, 1] },
  { name: 'versions_closed', label: 'Closed', format: 'integer', width: [4.75, 1] },
  { name: 'unchanged', label: 'Unchanged', format: 'integer', width: [5.75, 1] },
  { name: 'rejected', label: 'Rejected', format: 'integer', width: [5.25, 1] },
  { name: 'started_by', label: 'By', format: 'text', width: [6, 1] },
]

const KINDS: Record<RunSummary['kind'], string> = { pipeline: 'Run', import: 'Import', sync: 'Sync', replay: 'Replay' }

export function kindWord(kind: RunSummary['kind']): string {
  return KINDS[kind]
}

export function toRow(run: RunSummary): Row {
  return {
    ...run.totals,
    run_id: run.run_id,
    status: run.status,
    kind: KINDS[run.kind],
    request: run.request,
    started_at: run.started_at,
    duration: formatDuration(run.seconds),
    started_by: run.started_by,
    nothing_changed: run.nothing_changed,
    steps: `${run.steps_done} of ${run.steps_total}`,
  }
}
