/** One worker thread with SQLite, asked by messages. It starts with the first question. */
import { Worker } from 'node:worker_threads'
import { Failure } from '../../shared/failure.ts'
import type { WorkerAnswer, WorkerRequest } from './messages.ts'

interface Waiting {
  resolve(value: unknown): void
  reject(reason: unknown): void
}

/** In the bundle the worker lies beside the program; from source Node runs the TypeScript itself. */
const ENTRY = import.meta.url.endsWith('.ts') ? new URL('./worker.ts', import.meta.url) : new URL('./local-worker.js', import.meta.url)

function toFailure({ message, code }: { message: string; code: string | null }): Failure {
  if (code === 'SQLITE_FULL' || code === 'SQLITE_IOERR') {
    return new Failure({
      kind: 'mistake',
      code: 'local.disk-full',
      message: `The local cache could not be written: ${message}`,
      hint: 'Free space on this disk, then sync again. The old snapshot stands.',
    })
  }
  if (code === 'SQLITE_BUSY') {
    return new Failure({
      kind: 'retry',
      code: 'local.busy',
      message: 'Another Quintile is writing the local cache',
      hint: 'Wait for its sync to end, then try again.',
    })
  }
  return new Failure({ kind: 'stop', code: 'local.failed', message })
}

export class WorkerThread {
  private worker: Worker | undefined
  private next = 0
  private readonly waiting = new Map<number, Waiting>()
  private readonly file: string

  constructor(file: string) {
    this.file = file
  }

  ask<T>(request: WorkerRequest, transfer: ArrayBuffer[] = []): Promise<T> {
    const worker = (this.worker ??= this.start())
    const id = this.next++
    return new Promise<unknown>((resolve, reject) => {
      this.waiting.set(id, { resolve, reject })
      worker.ref()
      worker.postMessage({ id, request }, transfer)
    }) as Promise<T>
  }

  async close(): Promise<void> {
    await this.worker?.terminate()
    this.worker = undefined
  }

  private start(): Worker {
    const worker = new Worker(ENTRY, { workerData: { file: this.file } })
    worker.on('message', (answer: WorkerAnswer) => {
      const waiting = this.waiting.get(answer.id)
      this.waiting.delete(answer.id)
      // A thread with nothing to do must not keep a finished command alive.
      if (this.waiting.size === 0) worker.unref()
      if (answer.ok) waiting?.resolve(answer.value)
      else waiting?.reject(toFailure(answer))
    })
    worker.on('error', (error) => this.fail(error))
    worker.on('exit', () => this.fail(new Error('the SQLite worker ended')))
    return worker
  }

  private fail(error: unknown): void {
    this.worker = undefined
    for (const { reject } of this.waiting.values()) reject(error)
    this.waiting.clear()
  }
}
