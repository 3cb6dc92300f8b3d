/** `quintile serve` and `quintile start` */
import { randomBytes } from 'node:crypto'
import { InvalidArgumentError, type Command } from 'commander'
import { openDemo } from '../../demo.ts'
import type { Rooms } from '../../assemble.ts'
import { openContext, withRooms, type Context } from '../context.ts'
import { electronBinary, openWindow } from '../window.ts'
import { importFile } from './import.ts'
import { footer, runJobs } from './run.ts'

interface ServeOptions {
  port: number
}

/** Scripts may bring their own secret; otherwise nobody knows it and only the one-time link opens the API. */
function tokenFrom(environment: NodeJS.ProcessEnv): string {
  const given = environment['QUINTILE_TOKEN']
  return given !== undefined && given.length >= 32 ? given : randomBytes(32).toString('base64url')
}

/** Serves until Ctrl-C. */
async function serveUntilStopped(context: Context, rooms: Rooms, { port }: ServeOptions): Promise<void> {
  // Express and its like are loaded by those who serve; every other command starts without them.
  const [{ serve }, { openServerLog }] = await Promise.all([import('../../serve.ts'), import('../../server-log.ts')])
  const log = await openServerLog(context.home)
  const serving = await serve(rooms, {
    listen: { kind: 'loopback', port },
    token: tokenFrom(process.env),
    log: (thrown) => log.error(thrown),
  })
  context.output.result({ url: serving.url, workspace: rooms.workspace.settings.name, pid: process.pid }, () => [
    `Quintile serves “${rooms.workspace.settings.name}”. Open this link (it works once):`,
    `  ${serving.url ?? ''}`,
    'Ctrl-C stops it.',
  ])
  await new Promise<void>((resolve) => {
    if (context.signal.aborted) resolve()
    context.signal.addEventListener('abort', () => resolve(), { once: true })
  })
  await serving.close()
}

interface StartOptions extends ServeOptions {
  browser?: boolean
  pack?: string
}

async function start(context: Context, options: StartOptions): Promise<void> {
  const workspace = context.options.workspace ?? process.env['QUINTILE_WORKSPACE'] ?? options.pack ?? 'demo'
  const quiet: Pick<Context, 'output' | 'signal'> = {
    output: { ...context.output, result: (_value, lines) => lines().forEach((line) => context.output.say(line)) },
    signal: context.signal,
  }
  const rooms = await openDemo({
    home: context.home,
    workspace,
    clock: Date.now,
    environment: process.env,
    signal: context.signal,
    say: context.output.say,
    ...(options.pack === undefined ? {} : { data: { pack: options.pack } }),
    importOrders: (opened, file) => importFile(quiet, opened, { name: 'orders', file }),
    runAll: async (opened) => {
      context.output.say('Running all jobs …')
      const run = await runJobs(quiet, opened, { jobs: ['all'], request: 'quintile start' })
      context.output.say(run.nothing_changed ? `Nothing changed since the last run. ${footer(run)}` : footer(run))
    },
  })
  const electron = options.browser === true ? null : electronBinary()
  try {
    if (electron === null) await serveUntilStopped(context, rooms, options)
  } finally {
    await rooms.close()
  }
  if (electron !== null) process.exitCode = await openWindow(electron, { home: context.home, workspace })
}

function toPort(text: string): number {
  const port = Number(text)
  if (!Number.isInteger(port) || port < 0 || port > 65535) throw new InvalidArgumentError('a port from 0 to 65535')
  return port
}

export function addServeCommands(program: Command): void {
  program
    .command('start')
    .description('make the demo workspace on the first start, run its jobs, and open Quintile')
    .option('--port <port>', 'port on 127.0.0.1; 0 takes a free one', toPort, 0)
    .option('--pack <pack>', 'another pack than globalmart; also the workspace’s name unless --workspace is given')
    .option('--browser', 'serve for a browser even where the desktop window could open')
    .addHelpText('after', '\nExamples:\n  quintile start --port 4711\n  quintile start --pack mafia')
    .action((options: StartOptions, command: Command) => start(openContext(command), options))
  program
    .command('serve')
    .description('serve a workspace on 127.0.0.1 until Ctrl-C; prints a one-time link')
    .option('--port <port>', 'port on 127.0.0.1; 0 takes a free one', toPort, 0)
    .addHelpText(
      'after',
      '\nScripts send the header x-quintile-token with the value of QUINTILE_TOKEN (32 characters or more).\n\nExample:\n  quintile serve --workspace shop --port 4711',
    )
    .action((options: ServeOptions, command: Command) => {
      const context = openContext(command)
      return withRooms(context, 'any', (rooms) => serveUntilStopped(context, rooms, options))
    })
}
