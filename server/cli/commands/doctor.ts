/** `quintile doctor`: everything that the workspace needs, looked at once: snapshot, warehouse, sources. */
import type { Command } from 'commander'
import { toFailure } from '../../../shared/failure.ts'
import { openContext, withRooms, type Context } from '../context.ts'
import type { Rooms } from '../../assemble.ts'
import { number } from '../output.ts'
import { sayDiagnosis } from './warehouse-check.ts'

interface SourceLook {
  source: string
  ok: boolean
  message: string
  hint: string | null
}

/** The first step that fails says what is wrong; a source that cannot be looked at is wrong too. */
async function lookAt(rooms: Rooms, source: string): Promise<SourceLook> {
  try {
    const wrong = (await rooms.pipelines.sources.check(source)).find(({ ok }) => !ok)
    return wrong === undefined
      ? { source, ok: true, message: 'can be read', hint: null }
      : { source, ok: false, message: `${wrong.step}: ${wrong.detail}`, hint: wrong.hint }
  } catch (thrown) {
    const { message, hint } = toFailure(thrown)
    return { source, ok: false, message, hint }
  }
}

async function doctor(context: Context): Promise<void> {
  await withRooms(context, 'any', async (rooms) => {
    const { settings, folder } = rooms.workspace
    const snapshot = rooms.local.snapshot()
    const warehouse = await rooms.schema.doctor()
    const sources: SourceLook[] = []
    for (const { source } of await rooms.pipelines.sources.list()) sources.push(await lookAt(rooms, source))
    const ok = warehouse.ok && sources.every((source) => source.ok)
    const seen = snapshot === null ? null : { customers: snapshot.customers, as_of: snapshot.as_of, synced_at: snapshot.synced_at }
    context.output.result({ workspace: settings.name, folder, ok, snapshot: seen, warehouse: warehouse.diagnoses, sources }, () => [
      `Workspace ${settings.name} (pack ${settings.pack}) in ${folder}`,
      seen === null
        ? '▲ Snapshot: none yet → quintile features sync'
        : `● Snapshot: ${number(seen.customers)} customers, data as of ${seen.as_of ?? 'unknown'}`,
      '',
      `Warehouse ${rooms.warehouse.label}`,
      ...warehouse.diagnoses.flatMap(sayDiagnosis),
      ...(sources.length === 0 ? [] : ['', 'Sources']),
      ...sources.map(
        ({ source, ok: fine, message, hint }) => `${fine ? '●' : '✗'} ${source}: ${message}${hint === null ? '' : ` → ${hint}`}`,
      ),
      '',
      ok ? 'All that is needed is there.' : 'Something is missing; what to do stands behind the arrow.',
    ])
    if (!ok) process.exitCode = 1
  })
}

/** Adds `doctor` to the program. */
export function addDoctorCommand(program: Command): void {
  program
    .command('doctor')
    .description('look at everything that the workspace needs: snapshot, warehouse, sources')
    .addHelpText('after', '\nExit code 1 when something is missing.\n\nExample:\n  quintile doctor --workspace shop')
    .action((_options: unknown, command: Command) => doctor(openContext(command)))
}
