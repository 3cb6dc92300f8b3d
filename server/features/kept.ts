/** Answers of the feature store that are kept for a while, in the workspace's own file: each by customer, source and strategy. */
import { toIso, type Clock } from '../../shared/time.ts'
import type { LocalStore } from '../local/index.ts'
import type { Feature } from './merge.ts'
import { FEATURE_SOURCES, MERGE_STRATEGIES, type FeatureSource, type MergeStrategy } from './settings.ts'

export interface KeptFeatures {
  customer_id: string
  source: FeatureSource
  strategy: MergeStrategy
  features: Record<string, Feature>
  /** When it was read from the warehouse. */
  read_at: string
  /** True where it was kept, and not read just now. */
  cached: boolean
}

interface How {
  source: FeatureSource
  strategy: MergeStrategy
}

/** Values are those that SQLite and JSON know, so that an answer is the same fresh and kept. */
export function openKeptFeatures(local: Pick<LocalStore, 'answer' | 'keepAnswer'>, { clock, ttl }: { clock: Clock; ttl: number }) {
  const nameOf = (id: string, { source, strategy }: How): string => `features/${source}/${strategy}/${id}`
  return {
    /** Undefined where nothing is kept, or for too long. */
    find: (id: string, how: How): KeptFeatures | undefined => {
      const kept = local.answer(nameOf(id, how)) as KeptFeatures | null | undefined
      return kept == null || clock() - Date.parse(kept.read_at) >= ttl ? undefined : { ...kept, cached: true }
    },
    keep: (id: string, { source, strategy }: How, features: ReadonlyMap<string, Feature>): KeptFeatures => {
      const answer = { customer_id: id, source, strategy, features: Object.fromEntries(features), read_at: toIso(clock()), cached: false }
      local.keepAnswer(nameOf(id, { source, strategy }), answer)
      return answer
    },
    forget: (ids: readonly string[]): void => {
      const ways = FEATURE_SOURCES.flatMap((source) => MERGE_STRATEGIES.map((strategy) => ({ source, strategy })))
      const names = ids.flatMap((id) => ways.map((how) => nameOf(id, how)))
      for (const name of names) if (local.answer(name) != null) local.keepAnswer(name, null)
    },
  }
}
