/** What a run means for the numbers on the screen, in one sentence. Pure. */
import type { RunSummary } from '../../shared/run.ts'
import { formatCount } from '../kit/format.ts'

const plural = (count: number, word: string): string => `${formatCount(count)} ${word}${count === 1 ? '' : 's'}`

export function runSentence(run: Pick<RunSummary, 'status' | 'totals' | 'nothing_changed' | 'steps_done' | 'steps_total'>): string {
  const { status, totals, nothing_changed, steps_done, steps_total } = run
  const changed = totals.inserted + totals.updated + totals.versions_closed
  if (status === 'queued') return 'It waits for its turn.'
  if (status === 'running')
    return `${formatCount(steps_done)} of ${plural(steps_total, 'step')} ${steps_done === 1 ? 'has' : 'have'} ended.`
  if (nothing_changed) return 'Nothing changed: every target already held the newest rows.'
  if (status === 'failed') return `It failed. What succeeded was kept: ${plural(changed, 'row')} changed.`
  if (status === 'cancelled')
    return `It was cancelled after ${formatCount(steps_done)} of ${plural(steps_total, 'step')}; ${plural(changed, 'row')} changed until then.`
  return `${plural(changed, 'row')} changed in ${plural(steps_total, 'step')}.`
}
