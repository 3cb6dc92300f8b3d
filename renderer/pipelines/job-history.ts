/** The last steps of a job as bars. Pure. */
import type { JobDetail } from '../../shared/contract/pipelines.ts'
import { formatDuration } from '../kit/format.ts'

export interface StepBar {
  run_id: string
  status: JobDetail['history'][number]['step']['status']
  /** Percent of the longest; steps that never began have the least height. */
  height: number
}

/** Oldest first, so that time goes to the right. */
export function barsOf(history: JobDetail['history']): StepBar[] {
  const longest = Math.max(0.001, ...history.map(({ step }) => step.seconds ?? 0))
  return [...history].reverse().map(({ run_id, step }) => ({
    run_id,
    status: step.status,
    height: Math.max(4, Math.round(((step.seconds ?? 0) / longest) * 100)),
  }))
}

/** “30 steps: 27 succeeded, 3 failed. Usually 9.4 s, longest 14 s.” */
export function historyWords(history: JobDetail['history']): string {
  const counts = new Map<string, number>()
  for (const { step } of history) counts.set(step.status, (counts.get(step.status) ?? 0) + 1)
  const times = history.flatMap(({ step }) => step.seconds ?? []).sort((a, b) => a - b)
  const usual = times[Math.floor(times.length / 2)]
  const parts = [...counts].map(([status, count]) => `${count} ${status}`).join(', ')
  const took = usual === undefined ? '' : ` Usually ${formatDuration(usual)}, longest ${formatDuration(times.at(-1) ?? usual)}.`
  return `${history.length} ${history.length === 1 ? 'step' : 'steps'}: ${parts}.${took}`
}
