// @vitest-environment happy-dom
import { PiniaColada, useQueryCache } from '@pinia/colada'
import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, describe, expect, it } from 'vitest'
import { createApp } from 'vue'
import { keyOf } from '../../renderer/answers.ts'
import { findPlaces, type Place } from '../../renderer/frame/quick-search.ts'
import { readShortcuts } from '../../renderer/frame/shortcuts.ts'
import { tooltipNode } from '../../renderer/kit/chart-tooltip.ts'
import { useLive } from '../../renderer/live.ts'
import type { WorkspaceState } from '../../shared/contract/answers.ts'
import { NO_COUNTS, type RunSummary } from '../../shared/run.ts'

describe('shortcuts', () => {
  const press = (key: string, at: number, more: object = {}) => ({
    key,
    timeStamp: at,
    ctrlKey: false,
    metaKey: false,
    altKey: false,
    writing: false,
    ...more,
  })

  it('g and then a letter goes, unless the letter comes too late', () => {
    const read = readShortcuts()
    expect([read(press('g', 1_000)), read(press('s', 1_500))]).toEqual([null, { do: 'go', key: 's' }])
    expect([read(press('g', 5_000)), read(press('s', 9_000))]).toEqual([null, null])
  })

  it('nothing is read while writing, except the search', () => {
    const read = readShortcuts()
    expect(read(press('?', 1, { writing: true }))).toBeNull()
    expect(read(press('k', 2, { writing: true, ctrlKey: true }))).toEqual({ do: 'search' })
    expect(read(press('K', 3, { metaKey: true }))).toEqual({ do: 'search' })
  })
})

it('quick search puts titles that begin with the words first, and finds words of the description last', () => {
  const place = (title: string, text = ''): Place => ({ kind: 'Report', title, text, to: title })
  const places = [place('Product performance', 'Products by revenue'), place('Monthly revenue'), place('Revenue by country'), place('Runs')]
  expect(findPlaces(places, ' REV ').map(({ title }) => title)).toEqual(['Revenue by country', 'Monthly revenue', 'Product performance'])
  expect(findPlaces(places, '')).toHaveLength(4)
})

it('a chart tooltip holds names as text and never as markup', () => {
  const node = tooltipNode({ title: '<b>x</b>', note: null, points: [{ name: '<img src=x>', colour: 'red', value: '1' }] })
  expect(node.querySelector('b, img')).toBeNull()
  expect(node.textContent).toContain('<img src=x>')
})

describe('live events', () => {
  const run: RunSummary = {
    run_id: 'r1',
    kind: 'pipeline',
    status: 'running',
    request: '--jobs all',
    started_by: 'ana',
    machine: 'm',
    started_at: '2026-01-01T00:00:00Z',
    ended_at: null,
    seconds: null,
    totals: NO_COUNTS,
    steps_total: 11,
    steps_done: 0,
    nothing_changed: false,
    schedule: null,
    retry_of: null,
    cancel_requested_at: null,
    error: null,
  }
  const state: WorkspaceState = {
    name: 'shop',
    pack: 'globalmart',
    version: '0.1.0',
    snapshot: null,
    freshness: 'empty',
    read_only: null,
    running: [],
    filter: null,
    no_jobs: null,
    warehouse: { state: 'online', label: 'localhost', checked_at: '2026-01-01T00:00:00Z', message: null },
  }

  beforeEach(() => {
    const pinia = createPinia()
    createApp({ render: () => null })
      .use(pinia)
      .use(PiniaColada)
    setActivePinia(pinia)
    useQueryCache().setQueryData(keyOf('workspace.state', {}), state)
  })
  const running = (): RunSummary[] => useQueryCache().getQueryData<WorkspaceState>(keyOf('workspace.state', {}))?.running ?? []

  it('a run that begins, moves and ends is in the running work exactly while it runs', () => {
    const live = useLive()
    live.apply({ type: 'run', run })
    live.apply({ type: 'run', run: { ...run, steps_done: 4 } })
    expect(running().map(({ run_id, steps_done }) => [run_id, steps_done])).toEqual([['r1', 4]])
    live.apply({ type: 'run', run: { ...run, status: 'succeeded', ended_at: '2026-01-01T00:00:20Z' } })
    expect(running()).toEqual([])
    expect(live.runOf('r1')?.status).toBe('succeeded')
  })

  it('lists of runs are read again when a run begins or ends, and not for each of its steps', () => {
    const live = useLive()
    live.apply({ type: 'run', run })
    const begun = live.runsVersion
    for (const steps_done of [1, 2, 3]) live.apply({ type: 'run', run: { ...run, steps_done } })
    expect(live.runsVersion).toBe(begun)
    live.apply({ type: 'run', run: { ...run, status: 'failed', ended_at: '2026-01-01T00:00:20Z' } })
    expect(live.runsVersion).toBe(begun + 1)
  })

  it('a new snapshot makes the tables of members read again', () => {
    const live = useLive()
    const before = live.dataVersion
    live.apply({ type: 'snapshot', snapshot_id: 's2' })
    expect(live.dataVersion).toBe(before + 1)
  })
})
