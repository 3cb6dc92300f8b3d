/** The worker thread that may touch SQLite for longer than a few milliseconds. One job at a time, in order of arrival. */
import { dirname } from 'node:path'
import { parentPort, workerData } from 'node:worker_threads'
import Database from 'better-sqlite3'
import { connect } from './schema.ts'
import { SnapshotWriter } from './snapshot-writer.ts'
import type { WorkerAnswer, WorkerRequest } from './messages.ts'

const { file } = workerData as { file: string }
const port = parentPort
if (port === null) throw new Error('this file is the entry of a worker thread')

/** The snapshot that is read from; another sync brings another file. */
let reading: { file: string; database: Database.Database } | undefined
let store: Database.Database | undefined
let writer: SnapshotWriter | undefined

function active(): SnapshotWriter {
  if (writer === undefined) throw new Error('no snapshot is being written')
  return writer
}

function snapshotAt(snapshotFile: string): Database.Database {
  if (reading?.file !== snapshotFile) {
    reading?.database.close()
    reading = { file: snapshotFile, database: new Database(snapshotFile, { readonly: true, fileMustExist: true }) }
  }
  return reading.database
}

function carryOut(request: WorkerRequest): unknown {
  switch (request.type) {
    case 'read':
      return snapshotAt(request.file)
        .prepare(request.sql)
        .all(...request.values)
    case 'snapshot-begin':
      writer?.abandon()
      writer = new SnapshotWriter((store ??= connect(file)), dirname(file), request.head)
      return null
    case 'snapshot-rows':
      active().push(Buffer.from(request.bytes.buffer, request.bytes.byteOffset, request.bytes.byteLength))
      return active().written
    case 'snapshot-finish': {
      const customers = active().finish()
      writer = undefined
      return customers
    }
    case 'snapshot-abandon':
      writer?.abandon()
      writer = undefined
      return null
  }
}

port.on('message', ({ id, request }: { id: number; request: WorkerRequest }) => {
  let answer: WorkerAnswer
  try {
    answer = { id, ok: true, value: carryOut(request) }
  } catch (thrown) {
    answer = {
      id,
      ok: false,
      message: thrown instanceof Error ? thrown.message : String(thrown),
      code: (thrown as { code?: string }).code ?? null,
    }
  }
  port.postMessage(answer)
})
