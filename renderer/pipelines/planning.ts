/** What a person is planning: kept while they look at other pages, so that coming back finds it as it was left. */
import { defineStore } from 'pinia'
import { computed, ref, shallowRef } from 'vue'
import type { RunOptions, RunOptionsInput } from '../../shared/plan.ts'
import type { JobFilter } from './job-filter.ts'
import { NOTHING, readWord, writeWord, type Selection } from './selection.ts'
import type { Viewport } from './viewport.ts'

/** How the chosen jobs shall run. */
export interface Manner {
  fullReload: boolean
  rebuildHistory: boolean
  /** Empty: from the watermark. */
  since: string
  /** Null: as the workspace has it. */
  threads: number | null
}

export const USUAL: Manner = { fullReload: false, rebuildHistory: false, since: '', threads: null }

/** Null while nothing is chosen. */
export function toOptions({ words, exclude, source }: Selection, manner: Manner): RunOptionsInput | null {
  if (words.length === 0) return null
  return {
    jobs: words.map(writeWord),
    exclude: [...exclude],
    source,
    full_reload: manner.fullReload,
    rebuild_history: manner.fullReload && manner.rebuildHistory,
    since: manner.since.trim() === '' ? null : manner.since.trim(),
    threads: manner.threads,
  }
}

/** The choice that led to a dry run or a run. */
export function fromOptions(options: RunOptions): { selection: Selection; manner: Manner } {
  return {
    selection: { words: options.jobs.map(readWord), exclude: options.exclude, source: options.source },
    manner: {
      fullReload: options.full_reload,
      rebuildHistory: options.rebuild_history,
      since: options.since ?? '',
      threads: options.threads,
    },
  }
}

export const usePlanning = defineStore('planning', () => {
  const selection = shallowRef<Selection>(NOTHING)
  const manner = shallowRef<Manner>(USUAL)
  return {
    selection,
    manner,
    options: computed(() => toOptions(selection.value, manner.value)),
    filter: ref<JobFilter>({ text: '', group: '', source: '' }),
    /** Null: nobody has moved the graph yet. */
    viewport: shallowRef<Viewport | null>(null),
    /** The job that the keyboard is on. */
    active: ref<string | null>(null),
    /** The dry run that is shown. */
    dryRunId: ref<string | null>(null),
    clear: () => {
      selection.value = NOTHING
      manner.value = USUAL
    },
    repeat: (options: RunOptions) => {
      const known = fromOptions(options)
      selection.value = known.selection
      manner.value = known.manner
    },
  }
})
