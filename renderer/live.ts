/** What the server tells while it happens: keeps running work and answers on the screen right. */
import { useQueryCache } from '@pinia/colada'
import { useThrottleFn } from '@vueuse/core'
import { defineStore } from 'pinia'
import { computed, ref, shallowRef, triggerRef } from 'vue'
import type { LiveEvent } from '../shared/contract/events.ts'
import type { CallName } from '../shared/contract/index.ts'
import type { RunSummary } from '../shared/run.ts'
import { useOutdate } from './answers.ts'
import { openEventStream } from './event-stream.ts'
import { isOver, patchDryRun, patchRun, patchStep, type Cache } from './live-patches.ts'

export interface Progress {
  done: number
  total: number | null
}

/** Answers that are computed from the data itself. */
const DATA: CallName[] = ['workspace.state', 'overview.show', 'segments.list', 'segments.count', 'reports.list', 'reports.run']
/** What a `changed` event outdates. */
const CHANGED: Record<'schedules' | 'notifications', CallName[]> = {
  schedules: ['schedules.list', 'schedules.show', 'schedules.ledger', 'schedules.next'],
  notifications: ['notifications.list', 'notifications.channels'],
}
/** A run of two dozen short steps would read them fifty times; what must be shown at once is patched. */
const STEPS_EVERY_MS = 1_000

/** What was heard, and two counters that tell tables to read again what they show. */
function memory() {
  return {
    connection: ref<'opening' | 'open' | 'lost'>('opening'),
    runs: shallowRef(new Map<string, RunSummary>()),
    progress: shallowRef(new Map<string, Progress>()),
    /** Runs that began or ended. */
    runsVersion: ref(0),
    /** Changes of the data itself. */
    dataVersion: ref(0),
  }
}

type Memory = ReturnType<typeof memory>

/**
 * Steps began or ended: their jobs and runs are read again, at once and at most so often. An answer that was on its way when
 * the step moved would otherwise stay as it is until the next step does.
 */
function useStepsMoved(outdate: (...names: CallName[]) => void): () => Promise<void> {
  return useThrottleFn(
    () => {
      outdate('runs.show', 'pipelines.graph', 'pipelines.job', 'pipelines.show_dry_run')
    },
    STEPS_EVERY_MS,
    true,
  )
}

/** What an event changes beyond what it says itself. */
function reactions(cache: Cache, { connection, runs, runsVersion, dataVersion }: Memory) {
  const outdate = useOutdate()

  function dataChanged(): void {
    dataVersion.value += 1
    outdate(...DATA)
  }

  const stepsMoved = useStepsMoved(outdate)

  return {
    outdate,
    dataChanged,
    stepsMoved,
    runMoved(run: RunSummary): void {
      const before = runs.value.get(run.run_id)
      runs.value.set(run.run_id, run)
      triggerRef(runs)
      patchRun(cache, run)
      // Who asked for the stop stands in the events of the run, which are read with it.
      if (before !== undefined && before.cancel_requested_at !== run.cancel_requested_at) outdate('runs.show')
      if (before?.status === run.status) return
      runsVersion.value += 1
      outdate('overview.show')
      void stepsMoved()
      if (isOver(run)) dataChanged()
    },
    lost(): void {
      connection.value = 'lost'
      // Only the stream, or the whole server? The answer decides what the banner says.
      outdate('workspace.state')
    },
    /** Whatever happened while the stream was lost was not heard: read again. */
    opened(): void {
      const again = connection.value === 'lost'
      connection.value = 'open'
      if (!again) return
      dataChanged()
      outdate('runs.show', 'pipelines.show_dry_run', ...CHANGED.schedules, ...CHANGED.notifications)
      void stepsMoved()
      runsVersion.value += 1
    },
  }
}

type Reactions = ReturnType<typeof reactions>
type Handlers = { [Type in LiveEvent['type']]: (event: Extract<LiveEvent, { type: Type }>) => void }

function handlersOf(cache: Cache, { progress, runsVersion }: Memory, { outdate, dataChanged, stepsMoved, runMoved }: Reactions): Handlers {
  return {
    run: ({ run }) => {
      runMoved(run)
    },
    step: ({ run_id, step }) => {
      patchStep(cache, run_id, step)
      void stepsMoved()
    },
    progress: ({ run_id, job, done, total }) => {
      progress.value.set(`${run_id} ${job}`, { done, total })
      triggerRef(progress)
    },
    'dry-run': ({ dry_run_id, step }) => {
      if (step === null) outdate('pipelines.show_dry_run', 'pipelines.dry_runs')
      else {
        patchDryRun(cache, dry_run_id, step)
        void stepsMoved()
      }
    },
    changed: ({ what }) => {
      outdate(...CHANGED[what])
    },
    warehouse: () => {
      dataChanged()
      outdate(...CHANGED.schedules)
      void stepsMoved()
      runsVersion.value += 1
    },
    snapshot: dataChanged,
  }
}

export const useLive = defineStore('live', () => {
  const cache = useQueryCache()
  const kept = memory()
  const { connection, runs, progress, runsVersion, dataVersion } = kept
  const reacting = reactions(cache, kept)
  const handlers = handlersOf(cache, kept, reacting)
  const apply = (event: LiveEvent): void => {
    ;(handlers[event.type] as (heard: LiveEvent) => void)(event)
  }

  return {
    connection: computed(() => connection.value),
    runsVersion,
    dataVersion,
    apply,
    /** Opens the stream and keeps it open; the returned function closes it. */
    open: () => openEventStream({ heard: apply, opened: reacting.opened, lost: reacting.lost }),
    /** The newest summary heard of a run. */
    runOf: (id: string): RunSummary | undefined => runs.value.get(id),
    progressOf: (id: string, job: string): Progress | undefined => progress.value.get(`${id} ${job}`),
  }
})
