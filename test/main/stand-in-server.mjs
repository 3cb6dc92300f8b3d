// A small server that speaks shell-messages, for the shell's tests. QUINTILE_STAND_IN says how it misbehaves.
import { appendFileSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'

const behaviour = process.env.QUINTILE_STAND_IN ?? 'good'
const seen = []
let streams = 0
let listeners = []

const routes = {
  '/': (_request, answer) => answer.setHeader('content-type', 'text/html').end('<!doctype html><title>Quintile</title>'),
  '/request': (request, answer) =>
    answer.setHeader('keep-alive', 'timeout=9').end(JSON.stringify({ headers: request.headers, url: request.url })),
  '/environment': (_request, answer) => answer.end(JSON.stringify(process.env)),
  '/seen': (_request, answer) => answer.end(JSON.stringify(seen)),
  '/streams': (_request, answer) => answer.end(String(streams)),
  '/nothing': (_request, answer) => answer.writeHead(204).end(),
  '/echo': (request, answer) => request.pipe(answer.writeHead(201, { 'set-cookie': ['a=1', 'b=2'], 'x-quintile-token': 'leak' })),
  '/push': (request, answer) => {
    for (const listener of listeners) listener.write('data: pushed\n\n')
    answer.end()
  },
  '/events': (_request, answer) => {
    streams += 1
    listeners.push(answer.writeHead(200, { 'content-type': 'text/event-stream' }))
    answer.write('data: hello\n\n')
    answer.on('close', () => {
      streams -= 1
      listeners = listeners.filter((other) => other !== answer)
    })
  },
  '/notify': async (request, answer) => {
    process.parentPort.postMessage({
      type: 'notify',
      title: 'Load failed',
      body: 'It broke.',
      path: new URL(request.url, 'http://x').searchParams.get('path'),
    })
    answer.end()
  },
  '/crash': () => {
    process.stderr.write('out of luck\n')
    process.exit(3)
  },
}

function start(message) {
  appendFileSync(join(message.home, 'starts'), `${message.token}\n`)
  const starts = readFileSync(join(message.home, 'starts'), 'utf8').split('\n').length - 1
  if (behaviour === 'fails') {
    const failure = { code: 'workspace.locked', message: 'The workspace is open elsewhere.', hint: 'Close it there.', details: {} }
    process.parentPort.postMessage({ type: 'failed', failure })
    return
  }
  if (behaviour === 'exits-at-start' || (behaviour === 'exits-at-restart' && starts > 1)) {
    process.stderr.write('no such library\n', () => process.exit(4))
    return
  }
  if (behaviour === 'never-ready') return
  const server = createServer((request, answer) => routes[new URL(request.url, 'http://x').pathname](request, answer))
  server.listen(message.socketPath, () => process.parentPort.postMessage({ type: 'ready', workspace: message.workspace }))
}

function stop(home) {
  if (behaviour.startsWith('deaf')) return
  appendFileSync(join(home, 'log'), 'stopped in order\n')
  process.parentPort.postMessage({ type: 'stopped' })
  setImmediate(() => process.exit(0))
}

let home = ''
process.on('SIGTERM', () => {
  if (behaviour === 'deaf-to-signals') return
  appendFileSync(join(home, 'log'), 'terminated\n')
  process.exit(0)
})
process.parentPort.on('message', ({ data }) => {
  seen.push(data)
  if (data.type === 'start') {
    home = data.home
    start(data)
  } else if (data.type === 'stop') stop(home)
})
