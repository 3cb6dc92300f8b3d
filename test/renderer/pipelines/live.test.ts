// @vitest-environment happy-dom
import { PiniaColada, useQueryCache } from '@pinia/colada'
import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, describe, expect, it } from 'vitest'
import { createApp, defineComponent } from 'vue'
import { keyOf, useAnswer } from '../../../renderer/answers.ts'
import { readEvent } from '../../../renderer/event-stream.ts'
import { useLive } from '../../../renderer/live.ts'
import { NO_COUNTS } from '../../../shared/run.ts'
import type { GraphJob, PipelineGraph } from '../../../shared/contract/pipelines.ts'
import { mounted } from '../mounted.ts'
import { predicted, runStep, SHOP } from './little-shop.ts'

const RUN = {
  run_id: '019f0000-0000-7000-8000-00000000000b',
  kind: 'pipeline',
  status: 'running',
  request: '--jobs all',
  started_by: 'ana',
  machine: 'm',
  started_at: '2026-01-01T00:00:00Z',
  ended_at: null,
  seconds: null,
  totals: NO_COUNTS,
  steps_total: 1,
  steps_done: 0,
  nothing_changed: false,
  error: null,
  arguments: {},
  code_version: '1',
  pack_hash: 'a',
  steps: [],
  log: [],
  rejects: [],
}

beforeEach(() => {
  const pinia = createPinia()
  createApp({ render: () => null })
    .use(pinia)
    .use(PiniaColada)
  setActivePinia(pinia)
  useQueryCache().setQueryData(keyOf('pipelines.graph', {}), SHOP)
})
const job = (name: string): GraphJob | undefined =>
  useQueryCache()
    .getQueryData<PipelineGraph>(keyOf('pipelines.graph', {}))
    ?.jobs.find((one) => one.job === name)

describe('the graph while a run goes on', () => {
  it('shows a step at once as it begins, and how it ended', () => {
    const live = useLive()
    live.apply({ type: 'step', run_id: 'r9', step: runStep('rfm', { status: 'running', ended_at: null, seconds: null }) })
    expect(job('rfm')).toMatchObject({ status: 'running', last_run_id: 'r9', last_ended_at: null })
    live.apply({ type: 'step', run_id: 'r9', step: runStep('rfm', { watermark: '7', seconds: 10 }) })
    expect(job('rfm')).toMatchObject({ status: 'succeeded', last_seconds: 10, watermark: '7', held_by: null })
  })

  it('leaves the other jobs as they are, and forgets nothing of a dry run that nobody looks at', () => {
    const live = useLive()
    const before = job('dim_date')
    live.apply({ type: 'step', run_id: 'r9', step: runStep('rfm') })
    live.apply({ type: 'dry-run', dry_run_id: 'unknown', step: predicted('rfm') })
    expect(job('dim_date')).toEqual(before)
  })
})

it('a step that is heard while its run is being read is not lost: the run is read again', async () => {
  const held: ((run: object) => void)[] = []
  const Page = defineComponent(() => {
    const { data } = useAnswer('runs.show', { run_id: RUN.run_id })
    return () => data.value?.steps.map(({ status }) => status).join() ?? 'loading'
  })
  const page = await mounted(Page, { answers: { [`GET /api/runs/${RUN.run_id}`]: () => new Promise((answer) => held.push(answer)) } })
  useLive(page.pinia).apply({ type: 'step', run_id: RUN.run_id, step: runStep('rfm', { status: 'running', ended_at: null }) })
  await page.settled()
  for (const answer of held)
    answer({ ...RUN, steps: [runStep('rfm', { status: held.indexOf(answer) === 0 ? 'queued' : 'running', ended_at: null })] })
  await page.settled()
  expect(page.root.textContent).toBe('running')
  page.unmount()
})

it('an event of a dry run is read from the stream, and one of an unknown shape is not', () => {
  expect(readEvent(JSON.stringify({ type: 'dry-run', dry_run_id: 'd', step: null }))).toEqual({
    type: 'dry-run',
    dry_run_id: 'd',
    step: null,
  })
  expect(readEvent('{"type":"dry-run"}')).toBeNull()
  expect(readEvent('not json')).toBeNull()
})
