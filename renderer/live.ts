/** What the server tells while it happens: keeps running work and answers on the screen right. */
import { useQueryCache } from '@pinia/colada'
import { defineStore } from 'pinia'
import { computed, ref, shallowRef, triggerRef } from 'vue'
import type { WorkspaceState } from '../shared/contract/answers.ts'
import type { LiveEvent } from '../shared/contract/events.ts'
import type { CallName, ParamsOf } from '../shared/contract/index.ts'
import type { RunDetail, RunStep, RunSummary } from '../shared/run.ts'
import { keyOf, useOutdate } from './answers.ts'
import { openEventStream } from './event-stream.ts'

export interface Progress {
  done: number
  total: number | null
}

type Cache = ReturnType<typeof useQueryCache>

const isOver = (run: RunSummary): boolean => run.ended_at !== null
/** Answers that are computed from the data itself. */
const DATA: CallName[] = ['workspace.state', 'overview.show', 'segments.list', 'segments.count', 'reports.list', 'reports.run']

/** Changes an answer that is on the screen; one that nobody has asked for stays unasked. */
function patch<Answer, N extends CallName>(cache: Cache, [name, params]: [N, ParamsOf<N>], change: (answer: Answer) => Answer): void {
  const known = cache.getQueryData<Answer>(keyOf(name, params))
  if (known !== undefined) cache.setQueryData(keyOf(name, params), change(known))
}

function patchRun(cache: Cache, run: RunSummary): void {
  patch<WorkspaceState, 'workspace.state'>(cache, ['workspace.state', {}], (state) => {
    const others = state.running.filter(({ run_id }) => run_id !== run.run_id)
    return { ...state, running: isOver(run) ? others : [...others, run] }
  })
  patch<RunDetail, 'runs.show'>(cache, ['runs.show', { run_id: run.run_id }], (detail) => ({ ...detail, ...run }))
}

function patchStep(cache: Cache, runId: string, step: RunStep): void {
  patch<RunDetail, 'runs.show'>(cache, ['runs.show', { run_id: runId }], (detail) => ({
    ...detail,
    steps: [...detail.steps.filter(({ job }) => job !== step.job), step].sort((a, b) => a.position - b.position),
  }))
}

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

/** What an event changes beyond what it says itself. */
function reactions(cache: Cache, { connection, runs, runsVersion, dataVersion }: Memory) {
  const outdate = useOutdate()

  function dataChanged(): void {
    dataVersion.value += 1
    outdate(...DATA)
  }

  return {
    outdate,
    dataChanged,
    runMoved(run: RunSummary): void {
      const before = runs.value.get(run.run_id)?.status
      runs.value.set(run.run_id, run)
      triggerRef(runs)
      patchRun(cache, run)
      if (before === run.status) return
      runsVersion.value += 1
      outdate('overview.show', 'runs.show')
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
      outdate('runs.show')
      runsVersion.value += 1
    },
  }
}

export const useLive = defineStore('live', () => {
  const cache = useQueryCache()
  const kept = memory()
  const { connection, runs, progress, runsVersion, dataVersion } = kept
  const { outdate, dataChanged, runMoved, lost, opened } = reactions(cache, kept)

  const handlers: { [Type in LiveEvent['type']]: (event: Extract<LiveEvent, { type: Type }>) => void } = {
    run: ({ run }) => {
      runMoved(run)
    },
    step: ({ run_id, step }) => {
      patchStep(cache, run_id, step)
      if (step.ended_at !== null) outdate('runs.show')
    },
    progress: ({ run_id, job, done, total }) => {
      progress.value.set(`${run_id} ${job}`, { done, total })
      triggerRef(progress)
    },
    warehouse: () => {
      dataChanged()
      runsVersion.value += 1
    },
    snapshot: dataChanged,
  }
  const apply = (event: LiveEvent): void => {
    ;(handlers[event.type] as (heard: LiveEvent) => void)(event)
  }

  return {
    connection: computed(() => connection.value),
    runsVersion,
    dataVersion,
    apply,
    /** Opens the stream and keeps it open; the returned function closes it. */
    open: () => openEventStream({ heard: apply, opened, lost }),
    /** The newest summary heard of a run. */
    runOf: (id: string): RunSummary | undefined => runs.value.get(id),
    progressOf: (id: string, job: string): Progress | undefined => progress.value.get(`${id} ${job}`),
  }
})
