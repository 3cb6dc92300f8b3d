/** The calls about the run book, answered by the rooms. */
import type { RunOptionsInput } from '../shared/plan.ts'
import { runOptionsSchema } from '../shared/plan.ts'
import type { Handlers } from './api/index.ts'
import { requireCurrent, type Rooms } from './assemble.ts'

type RunHandlers = Pick<
  Handlers,
  | 'runs.list'
  | 'runs.show'
  | 'runs.log'
  | 'runs.diff'
  | 'runs.rejects'
  | 'runs.start'
  | 'runs.retry'
  | 'runs.cancel'
  | 'rejects.list'
  | 'rejects.replay'
>

/** What a process has under way, so that its closing can stop it. */
export type UnderWay = Map<string, AbortController>

/** Answers as soon as the run stands in the run book, or with what kept it from starting; it goes on by itself. */
async function startRun(rooms: Rooms, underWay: UnderWay, { request, ...options }: RunOptionsInput & { request: string }) {
  return begin({ rooms, underWay }, (signal, onStarted) => rooms.pipelines.start({ ...options, request, signal, onStarted }))
}

/** Starts something that stands in the run book and goes on. */
export async function begin(
  { rooms, underWay }: { rooms: Rooms; underWay: UnderWay },
  start: (signal: AbortSignal, onStarted: () => void) => Promise<{ runId: string; done: Promise<unknown> }>,
): Promise<{ run_id: string }> {
  // A warehouse that a newer Quintile has upgraded may only be read.
  await requireCurrent(rooms)
  const controller = new AbortController()
  let tellStarted = (): void => undefined
  const started = new Promise<void>((resolve) => (tellStarted = resolve))
  const { runId, done } = await start(controller.signal, () => tellStarted())
  underWay.set(runId, controller)
  const forget = (): void => void underWay.delete(runId)
  done.then(forget, forget)
  // A run that cannot begin (somebody else holds a job) rejects here and never stands in the book.
  await Promise.race([started, done])
  return { run_id: runId }
}

function commandOf(options: RunOptionsInput): string {
  const { jobs, from_failure } = runOptionsSchema.parse(options)
  return from_failure === null ? `screen: run ${jobs.join(' ')}` : `screen: retry of ${from_failure}`
}

/** The handlers. */
export function answerRunCalls(rooms: Rooms, underWay: UnderWay): RunHandlers {
  const { runs, pipelines } = rooms
  return {
    'runs.list': (page) => runs.list(page),
    'runs.show': ({ run_id }) => runs.show(run_id),
    'runs.log': ({ run_id, offset, limit, ...filter }) => runs.logPage(run_id, filter, { offset, limit }),
    'runs.diff': async ({ run_id, with: other }) => ({ diff: await runs.diff(run_id, other) }),
    'runs.rejects': ({ run_id, ...page }) => runs.rejects(run_id, page),
    'runs.start': (_params, options) => startRun(rooms, underWay, { ...options, request: commandOf(options) }),
    'runs.retry': ({ run_id }) => startRun(rooms, underWay, { jobs: ['all'], from_failure: run_id, request: `screen: retry of ${run_id}` }),
    'runs.cancel': async ({ run_id }) => {
      await runs.requestCancel(run_id, rooms.who)
      underWay.get(run_id)?.abort()
      return { cancelled: true }
    },
    'rejects.list': ({ offset, limit, ...filter }) => runs.rejected.list(filter, { offset, limit }),
    'rejects.replay': (_params, { job, run_id, reject_ids, mended = {} }) =>
      begin({ rooms, underWay }, (signal, onStarted) =>
        pipelines.replay({
          job,
          runId: run_id,
          rejectIds: reject_ids?.map(String),
          mended,
          request: `screen: replay of ${job}`,
          signal,
          onStarted,
        }),
      ),
  }
}
