// Preloaded into the fake utility process: `process.parentPort` over Node's own IPC. Messages queue until somebody listens.
import { EventEmitter } from 'node:events'

const port = new EventEmitter()
const waiting = []
port.postMessage = (message) => process.send?.(message)
process.on('message', (message) => {
  const event = { data: message.data, ports: [] }
  if (port.listenerCount('message') > 0) port.emit('message', event)
  else waiting.push(event)
})
port.on('newListener', (name) => {
  if (name === 'message') setImmediate(() => waiting.splice(0).forEach((event) => port.emit('message', event)))
})
process.on('disconnect', () => process.exit(0))
Object.defineProperty(process, 'parentPort', { value: port })
