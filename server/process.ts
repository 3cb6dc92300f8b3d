/** The server inside the desktop shell: started as a utility process, told what to do over `parentPort`. */
import { toFailure } from '../shared/failure.ts'
import type { ServerMessage, ShellMessage, StartMessage } from '../shared/shell-messages.ts'
import { listWorkspaces, openRooms, requireCurrent, type AssembleOptions, type Rooms } from './assemble.ts'
import { prepareDemo } from './demo.ts'
import { serve, type Serving } from './serve.ts'
import { openServerLog } from './server-log.ts'

const { parentPort } = process
const tell = (message: ServerMessage): void => parentPort.postMessage(message)

let opened: { rooms: Rooms; serving: Serving } | undefined

async function chooseWorkspace({ home, workspace }: StartMessage): Promise<string> {
  if (workspace !== null) return workspace
  const all = await listWorkspaces(home)
  return all.includes('demo') ? 'demo' : (all[0] ?? 'demo')
}

async function start(message: StartMessage): Promise<void> {
  const log = await openServerLog(message.home)
  const workspace = await chooseWorkspace(message)
  const note = (text: string): void => log.info(text)
  // Also brings to its end a first start that was interrupted; whatever keeps it from that, the window still opens.
  if (workspace === 'demo') {
    const { signal } = new AbortController()
    await prepareDemo({ home: message.home, workspace, clock: Date.now, environment: process.env, signal, say: note }).catch(
      (thrown: unknown) => log.error(thrown),
    )
  }
  const showDesktop: AssembleOptions['showDesktop'] = (notification) => tell({ type: 'notify', ...notification })
  const rooms = await openRooms({ home: message.home, workspace, clock: Date.now, environment: process.env, log: note, showDesktop })
  await requireCurrent(rooms).catch((thrown: unknown) => log.warn(toFailure(thrown).report()))
  const serving = await serve(rooms, {
    listen: { kind: 'socket', path: message.socketPath },
    token: message.token,
    log: (thrown) => log.error(thrown),
  })
  opened = { rooms, serving }
  tell({ type: 'ready', workspace })
}

async function stop(): Promise<void> {
  await opened?.serving.close()
  await opened?.rooms.close()
  tell({ type: 'stopped' })
  process.exit(0)
}

parentPort.on('message', ({ data }: { data: ShellMessage }) => {
  if (data.type === 'start') {
    start(data).catch((thrown: unknown) => {
      tell({ type: 'failed', failure: toFailure(thrown).report() })
      process.exitCode = 1
    })
  }
  if (data.type === 'stop') void stop()
  if (data.type === 'suspend' || data.type === 'resume' || data.type === 'power' || data.type === 'online')
    void opened?.rooms.schedules.tellShell(data)
})
