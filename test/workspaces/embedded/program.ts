/** Run by the tests: opens the server of the home given as its argument and holds it until it reads a line. The second argument may be `durable`. */
import { createInterface } from 'node:readline'
import { embeddedStatus, openEmbeddedServer } from '../../../server/workspaces/embedded/index.ts'

const home = process.argv[2] ?? ''
const server = await openEmbeddedServer({ home, durable: process.argv[3] === 'durable' })
const status = await embeddedStatus(home)
console.log(JSON.stringify({ connection: server.connection('postgres'), pid: status.server?.pid }))
createInterface({ input: process.stdin }).once('line', () => {
  void server.close().then(() => {
    console.log('closed')
    process.exit(0)
  })
})
