/** `quintile warehouse check|doctor` */
import type { Command } from 'commander'
import { openContext, withRooms, type Context } from '../context.ts'
import type { Rooms } from '../../assemble.ts'
import { confirm } from './warehouse-confirm.ts'

type Schema = Rooms['schema']
type Drift = Awaited<ReturnType<Schema['check']>>['drift'][number]
type Diagnosis = Awaited<ReturnType<Schema['doctor']>>['diagnoses'][number]

/** What differs, one line each; of definitions over several lines, the first one that differs. */
function sayDrift({ object, kind, expected, found }: Drift): string {
  if (expected === null) return `  ${object}: added ${kind} ${firstLine(found ?? '')}`
  if (found === null) return `  ${object}: missing ${kind} ${firstLine(expected)}`
  const [wanted, is] = [expected.split('\n'), found.split('\n')]
  const at = Math.max(
    0,
    wanted.findIndex((line, index) => line !== is[index]),
  )
  const place = wanted.length > 1 ? ` (line ${String(at + 1)} of its definition)` : ''
  return `  ${object}: ${kind}${place}: expected ${wanted[at]?.trim() ?? ''}, found ${is[at]?.trim() ?? 'nothing'}`
}

function firstLine(text: string): string {
  const [first = '', ...more] = text.split('\n')
  return more.length === 0 ? first : `${first} …`
}

async function check(context: Context, { accept, yes }: { accept?: true; yes?: true }): Promise<void> {
  await withRooms(context, 'any', async (rooms) => {
    const { schema } = rooms
    const { ok, drift, extra, compared } = await schema.check()
    const states = await rooms.migrations()
    const edited = states.flatMap((state) => state.edited.map((name) => ({ set: state.set, migration: name })))
    const lines = [
      ...(ok
        ? [`No drift: ${String(compared)} parts are as the migrations made them.`]
        : [`Drift: ${String(drift.length)} parts were changed by hand.`]),
      ...drift.map(sayDrift),
      ...edited.map(({ set, migration }) => `  The file ${migration} of “${set}” was edited after it was applied.`),
      ...(extra.length === 0 ? [] : [`Not ours, and left alone: ${extra.map(({ kind, object }) => `${kind} ${object}`).join(', ')}`]),
    ]
    const accepted = accept === true && !ok
    if (accepted) {
      await confirm(context, [...lines, 'This takes what was found for what should be; no table is touched.'], yes === true)
      await schema.accept(drift)
    }
    const { workspace } = rooms
    context.output.result({ workspace: workspace.settings.name, ok: ok || accepted, drift, extra, edited, compared, accepted }, () =>
      accepted ? [`Accepted ${String(drift.length)} changes.`] : lines,
    )
    if (!ok && !accepted) process.exitCode = 1
  })
}

const SIGN: Record<Diagnosis['status'], string> = { ok: '●', warning: '▲', failed: '✗', skipped: '–' }

/** One finding of the doctor as lines: a sign, its words, and what to do where something is to be done. */
export function sayDiagnosis({ status, check: name, message, hint, grant }: Diagnosis): string[] {
  return [
    `${SIGN[status]} ${name.padEnd(16)} ${message}`,
    ...(status === 'ok' || hint === null ? [] : [`  → ${hint}`]),
    ...(grant === null ? [] : grant.split('\n').map((line) => `    ${line}`)),
  ]
}

async function doctor(context: Context): Promise<void> {
  await withRooms(context, 'any', async (rooms) => {
    const { ok, diagnoses } = await rooms.schema.doctor()
    const count = (status: Diagnosis['status']): number => diagnoses.filter((one) => one.status === status).length
    const { workspace, warehouse } = rooms
    context.output.result({ workspace: workspace.settings.name, warehouse: warehouse.label, ok, diagnoses }, () => [
      ...diagnoses.flatMap(sayDiagnosis),
      '',
      ok
        ? `All that is needed is there${count('warning') === 0 ? '' : `; ${String(count('warning'))} warnings`}.`
        : `${String(count('failed'))} things are missing. SQL above goes to the database administrator.`,
    ])
    if (!ok) process.exitCode = 1
  })
}

/** Adds `check` and `doctor`. */
export function addCheckCommands(warehouse: Command): void {
  warehouse
    .command('check')
    .description('compare tables, columns, constraints, indexes and views with what the migrations made')
    .option('--accept', 'take what was found for what should be')
    .option('--yes', 'do not ask')
    .addHelpText(
      'after',
      '\nExit code 1 when something was changed by hand. Tables that no migration made are told, and are no drift.\n\nExamples:\n  quintile warehouse check\n  quintile warehouse check --format json\n  quintile warehouse check --accept',
    )
    .action((options: { accept?: true; yes?: true }, command: Command) => check(openContext(command), options))
  warehouse
    .command('doctor')
    .description('test the way to the warehouse and every right that the login needs, step by step')
    .addHelpText(
      'after',
      '\n● is there, ▲ works and should be known, ✗ is missing, – could not be looked at. Exit code 1 when something is missing.\n\nExamples:\n  quintile warehouse doctor\n  quintile warehouse doctor --format json',
    )
    .action((_options: unknown, command: Command) => doctor(openContext(command)))
}
