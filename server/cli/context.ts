/** What every verb of the command shares: its output, the workspace it works on, and Ctrl-C. */
import { Socket } from 'node:net'
import type { Command } from 'commander'
import { mistake } from '../../shared/failure.ts'
import { listWorkspaces, openRooms, requireCurrent, requireReadable, resolveHome, type Rooms } from '../assemble.ts'
import { openOutput, type Format, type Output } from './output.ts'

export interface GlobalOptions {
  format: Format
  workspace?: string
}

export interface Context {
  home: string
  output: Output
  /** Aborted by the first Ctrl-C; a second one ends the process. */
  signal: AbortSignal
  options: GlobalOptions
}

/** What every verb needs, from its command line and the environment; Ctrl+C aborts `signal`. */
export function openContext(command: Command): Context {
  const options: GlobalOptions = { format: chosen(command, 'format') === 'json' ? 'json' : 'text' }
  const workspace = chosen(command, 'workspace')
  if (workspace !== undefined) options.workspace = workspace
  return { home: resolveHome(process.env), output: openOutput(options.format), signal: abortOnInterrupt(), options }
}

/** A global option wherever it stands; nearest to the verb wins. (commander's own merge lets the program's default win.) */
function chosen(command: Command | null, name: string): string | undefined {
  if (command === null) return undefined
  const value: unknown = command.getOptionValue(name)
  if (typeof value === 'string' && command.getOptionValueSource(name) !== 'default') return value
  return chosen(command.parent, name)
}

/** Where an older Node handed over to this one: its end, even by kill -9, is ours too. */
function followParent(onGone: () => void): void {
  const pipe = process.env['QUINTILE_PARENT_PIPE']
  if (pipe === undefined) return
  const socket = new Socket({ fd: Number(pipe), readable: true, writable: false })
  socket.on('error', () => undefined)
  socket.on('close', onGone)
  socket.resume()
  socket.unref()
}

function abortOnInterrupt(): AbortSignal {
  const controller = new AbortController()
  const onSignal = (): void => {
    if (controller.signal.aborted) process.exit(2)
    process.stderr.write('\nStopping … (again to leave at once)\n')
    controller.abort()
  }
  process.on('SIGINT', onSignal)
  process.on('SIGTERM', onSignal)
  followParent(onSignal)
  return controller.signal
}

/** The workspace that was named, or the only one there is. */
export async function workspaceName({ home, options }: Context): Promise<string> {
  const named = options.workspace ?? process.env['QUINTILE_WORKSPACE']
  if (named !== undefined && named !== '') return named
  const all = await listWorkspaces(home)
  if (all.length === 1 && all[0] !== undefined) return all[0]
  if (all.length === 0)
    throw mistake('workspace.none', 'There is no workspace yet', 'Make one: quintile workspace create NAME --pack globalmart')
  throw mistake(
    'workspace.not-named',
    'Several workspaces exist',
    `Say which: --workspace NAME, or QUINTILE_WORKSPACE. There are: ${all.join(', ')}.`,
  )
}

/** Has a demo's own API answer while the work goes on; where another process of the demo already does, that one is asked. */
export async function withDemoService<T>({ output }: Pick<Context, 'output'>, rooms: Rooms, work: () => Promise<T>): Promise<T> {
  const isDemo = (await rooms.demo.note())?.filled === true
  const service = isDemo ? await rooms.demo.serve(output).catch(() => null) : null
  try {
    return await work()
  } finally {
    await service?.close()
  }
}

/**
 * Opens the workspace, does the work and closes everything, also after a failure.
 * @param warehouse `current` also makes sure that the warehouse has exactly the tables that this program knows; `readable`
 * that it has at least those; `offline` never touches it
 */
export async function withRooms<T>(
  context: Context,
  warehouse: 'current' | 'readable' | 'any' | 'offline',
  work: (rooms: Rooms) => Promise<T>,
): Promise<T> {
  const rooms = await openRooms({
    home: context.home,
    workspace: await workspaceName(context),
    clock: Date.now,
    environment: process.env,
    log: context.output.say,
  })
  try {
    if (warehouse === 'current') await requireCurrent(rooms)
    if (warehouse === 'readable') await requireReadable(rooms)
    return await work(rooms)
  } finally {
    await rooms.close()
  }
}
