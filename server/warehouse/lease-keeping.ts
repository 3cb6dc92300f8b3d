/**
 * A lease between taking and giving back: it beats, and notices when it is lost.
 *
 *   held ── connection gone, or no answer to a beat ──▶ retaking ── all locks and rows are still ours ──▶ held
 *   held ── a row is another’s ──▶ lost ◀── somebody took a job, or no way back in time ── retaking
 */
import { setTimeout as pause } from 'node:timers/promises'
import type pg from 'pg'
import { Failure, toFailure } from '../../shared/failure.ts'
import { takeLocks } from './lease-locks.ts'

/** All in milliseconds. */
export interface LeaseTiming {
  /** From one beat to the next. */
  beat: number
  /** How long a beat may go unanswered. */
  answer: number
  /** A holder that has not beaten for so long may be taken over. Far more than `beat`, `answer` and `retake` together. */
  silence: number
  /** How long to try for a connection after it dropped. */
  retake: number
}

export interface KeepNeeds {
  client: pg.Client
  /** Opens another connection for the lease. */
  open(): Promise<pg.Client>
  jobs: readonly string[]
  runId: string
  timing: LeaseTiming
}

/** The beat skips rows that a step of ours holds until its commit; the count tells whether all are still ours. */
const BEAT = `
  WITH beat AS (
    UPDATE quintile.leases SET heartbeat_at = clock_timestamp() WHERE job IN (
      SELECT job FROM quintile.leases WHERE run_id = $1 AND job = ANY($2::text[]) FOR NO KEY UPDATE SKIP LOCKED))
  SELECT count(*)::int AS count FROM quintile.leases WHERE run_id = $1 AND job = ANY($2::text[])`

const GIVE_BACK = 'DELETE FROM quintile.leases WHERE run_id = $1 AND job = ANY($2::text[])'

const RETAKE_PAUSE_MILLISECONDS = 250

/** Keeps the lease of one run; `start` begins to beat, `release` ends it, `lost` tells when there is nothing left to release. */
export class LeaseKeeper {
  readonly #needs: KeepNeeds
  readonly #lost = new AbortController()
  #client: pg.Client
  #state: 'held' | 'retaking' | 'over' = 'held'
  #timer: NodeJS.Timeout | undefined
  /** The beat under way, if any: one at a time, and none while the jobs are given back. */
  #beating: Promise<void> | undefined

  constructor(needs: KeepNeeds) {
    this.#needs = needs
    this.#client = needs.client
  }

  get lost(): AbortSignal {
    return this.#lost.signal
  }

  start(): void {
    this.#follow(this.#client)
    this.#timer = setInterval(() => {
      this.#beating ??= this.#beat().finally(() => (this.#beating = undefined))
    }, this.#needs.timing.beat)
    this.#timer.unref()
  }

  async release(): Promise<void> {
    clearInterval(this.#timer)
    if (this.#state === 'over') return
    this.#state = 'over'
    const { runId, jobs } = this.#needs
    await this.#beating
    await this.#client.query(GIVE_BACK, [runId, jobs]).catch(() => undefined)
    await this.#client.end().catch(() => undefined)
  }

  #isOver(): boolean {
    return this.#state === 'over'
  }

  #follow(client: pg.Client): void {
    client.once('end', () => {
      if (client === this.#client) void this.#retake(undefined)
    })
  }

  async #beat(): Promise<void> {
    if (this.#state !== 'held') return
    const client = this.#client
    try {
      const isWhole = await this.#beatOn(client)
      if (!isWhole && client === this.#client) this.#lose('another process took its jobs over')
    } catch (thrown) {
      if (client === this.#client) await this.#retake(thrown)
    }
  }

  /** True when every row is still ours. */
  async #beatOn(client: pg.Client): Promise<boolean> {
    const { runId, jobs, timing } = this.#needs
    const { rows } = await withinTime(client.query<{ count: number }>(BEAT, [runId, jobs]), timing.answer)
    return rows[0]?.count === jobs.length
  }

  /** The connection is gone: once more, on another one, if nobody took anything meanwhile. */
  async #retake(cause: unknown): Promise<void> {
    if (this.#state !== 'held') return
    this.#state = 'retaking'
    const { open, jobs, runId, timing } = this.#needs
    void this.#client.end().catch(() => undefined)
    try {
      const client = await openWithin(open, timing.retake, () => this.#isOver())
      if (this.#isOver()) return await client.end()
      this.#client = client
      this.#follow(client)
      // The rows first: who has lost them must not get in the way of the one who takes the locks now.
      if (await this.#beatOn(client)) await takeLocks(client, jobs, { runId, silence: Number.POSITIVE_INFINITY })
      if (!(await this.#beatOn(client))) this.#lose('another process took its jobs over while the connection was gone')
      else if (!this.#isOver()) this.#state = 'held'
    } catch (thrown) {
      const failure = toFailure(thrown)
      const why = failure.code === 'lease.held' ? failure.message : 'the connection that held it is gone and cannot be made again'
      this.#lose(why, cause ?? thrown)
    }
  }

  #lose(why: string, cause?: unknown): void {
    if (this.#state === 'over') return
    this.#state = 'over'
    clearInterval(this.#timer)
    void this.#client.end().catch(() => undefined)
    this.#lost.abort(leaseLost({ why, runId: this.#needs.runId, cause }))
  }
}

async function openWithin(open: () => Promise<pg.Client>, milliseconds: number, isOver: () => boolean): Promise<pg.Client> {
  const end = performance.now() + milliseconds
  for (;;) {
    try {
      return await open()
    } catch (thrown) {
      if (isOver() || performance.now() > end) throw thrown
      await pause(RETAKE_PAUSE_MILLISECONDS)
    }
  }
}

async function withinTime<T>(work: Promise<T>, milliseconds: number): Promise<T> {
  const stop = new AbortController()
  // Told to whoever waits, not to the void: a beat that is answered late rejects nobody any more.
  work.catch(() => undefined)
  const late = pause(milliseconds, undefined, { signal: stop.signal }).then(() => {
    throw new Failure({ kind: 'retry', code: 'warehouse.connection-lost', message: 'The warehouse does not answer' })
  })
  late.catch(() => undefined)
  try {
    return await Promise.race([work, late])
  } finally {
    stop.abort()
  }
}

function leaseLost({ why, runId, cause }: { why: string; runId: string; cause: unknown }): Failure {
  return new Failure({
    kind: 'stop',
    code: 'lease.lost',
    message: `The lease of this run was lost: ${why}`,
    hint: 'Run again: finished steps stand, the unfinished one left no trace.',
    details: { run_id: runId },
    cause,
  })
}
