/** `quintile run --dry-run`: what a run would do to each target. */
import type { DryRun, PredictedStep, RunOptionsInput } from '../../../shared/plan.ts'
import type { Rooms } from '../../assemble.ts'
import { withDemoService, withRooms, type Context } from '../context.ts'
import { number, seconds, table } from '../output.ts'

const COLUMNS = ['read', 'inserted', 'updated', 'versions_closed', 'unchanged', 'rejected'] as const

/** Predicts, tells and sets the exit code. */
export async function dryRun(context: Context, options: RunOptionsInput): Promise<void> {
  await withRooms(context, 'current', async (rooms) => {
    const predicted = await withDemoService(context, rooms, () => predict(context, rooms, options))
    context.output.result(toJson(predicted), () => describe(predicted))
    if (predicted.status === 'failed' || predicted.status === 'cancelled') process.exitCode = 1
  })
}

async function predict({ output, signal }: Context, rooms: Rooms, options: RunOptionsInput): Promise<DryRun> {
  const { done } = await rooms.pipelines.dryRun({
    options,
    signal,
    onStep: (step) => {
      if (step.status !== 'running') output.say(`  ${step.status} ${step.job} [${number(step.read)} rows read]`)
    },
  })
  return done
}

function toJson({ dry_run_id, status, steps, totals, started_at, ended_at }: DryRun) {
  return { run_id: null, dry_run_id, dry_run: true, status, started_at, ended_at, steps, totals }
}

function describe({ steps, dry_run_id, status }: DryRun): string[] {
  return [
    ...table(
      ['Job', 'Target', 'Would be', 'Read', 'Insert', 'Update', 'New versions', 'Unchanged', 'Reject', 'Took', 'Note'],
      steps.map((step) => [
        step.job,
        step.target,
        step.status,
        ...COLUMNS.map((name) => number(step[name])),
        seconds(step.seconds),
        remark(step),
      ]),
    ),
    ...steps.flatMap((step) => step.findings.map((finding) => `${step.job}: ${number(finding.rows)} rows: ${finding.reason}`)),
    `Dry run ${dry_run_id} ${status}. Nothing was written: its transaction cannot commit.`,
  ]
}

function remark({ error, note }: PredictedStep): string {
  return error === null ? (note ?? '') : `${error.message}${error.hint === null ? '' : ` → ${error.hint}`}`
}
