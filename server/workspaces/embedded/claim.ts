/**
 * Who is the keeper of a home? Exactly one process may start and stop its PostgreSQL.
 *
 * On Windows the name of a pipe belongs to one process, and the system frees it when that process dies.
 *
 * Elsewhere each candidate listens on a socket of its own in one folder, and then asks all others it finds there:
 *   1. nobody answers         → dead, whatever killed it
 *   2. it is the keeper       → give up
 *   3. it is a candidate too  → the smaller name wins; the smaller one waits until the other has given up
 * Listening comes before asking, so of two candidates at least one sees the other, and they agree on the names: never two
 * keepers. No lock file can be left over, and no process number can be taken for another's: the kernel says who lives.
 */
import { randomBytes } from 'node:crypto'
import { readdirSync, rmSync } from 'node:fs'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { basename, join } from 'node:path'
import { digestOf, socketFolder } from './places.ts'
import { onAnswer } from './wire.ts'

/** The addresses at which a keeper of this home may answer. */
export function addressesOf(home: string): string[] {
  if (process.platform === 'win32') return [pipeOf(home)]
  const folder = socketFolder(home)
  return readdirSync(folder)
    .filter((name) => name.endsWith('.sock'))
    .map((name) => join(folder, name))
}

/** Returns the listening server when this process is now the keeper, otherwise undefined. `receive` gets every connection from the start. */
export async function claim(home: string, receive: (socket: Socket) => void): Promise<Server | undefined> {
  if (process.platform === 'win32') return claimPipe(pipeOf(home), receive)
  const own = join(socketFolder(home), `${randomBytes(4).toString('hex')}.sock`)
  const server = createServer(receive)
  await listen(server, own)
  const dead: string[] = []
  for (const address of addressesOf(home)) {
    if (address === own) continue
    const answer = await ask(address, basename(own))
    if (answer === 'yield') {
      server.close()
      return undefined
    }
    dead.push(address)
  }
  for (const address of dead) rmSync(address, { force: true })
  return server
}

/** One question to another socket; resolves when it is clear whether the process with the name `mine` may go on. */
function ask(address: string, mine: string): Promise<'go on' | 'yield'> {
  return new Promise((resolve) => {
    const socket = connect(address, () => socket.write('look\n'))
    const done = (answer: 'go on' | 'yield'): void => {
      resolve(answer)
      socket.destroy()
    }
    onAnswer(socket, (answer) => {
      if (!('state' in answer)) return
      if (answer.state !== 'candidate' || basename(address) < mine) done('yield')
    })
    socket.once('error', () => done('go on'))
    socket.once('close', () => done('go on'))
  })
}

function listen(server: Server, address: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(address, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

async function claimPipe(address: string, receive: (socket: Socket) => void): Promise<Server | undefined> {
  const server = createServer(receive)
  try {
    await listen(server, address)
    return server
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'EADDRINUSE') return undefined
    throw thrown
  }
}

function pipeOf(home: string): string {
  return `\\\\.\\pipe\\quintile-${digestOf(home)}`
}
