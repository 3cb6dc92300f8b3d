/** What the feature store is told, as the workspace’s settings have it. */

/** Rows with a column `customer_id`: a table or view, or a query over all customers. */
export interface FeatureOrigin {
  table?: string | undefined
  query?: string | undefined
}

/** The warehouse’s own features, the profiles of an API, or both. */
export type FeatureSource = 'auto' | 'dwh' | 'xiva'
/** Whose value stands where both know one; `merge`: that of the row which was changed last. A null stands for nobody’s. */
export type MergeStrategy = 'xiva_first' | 'dwh_first' | 'merge'

export const FEATURE_SOURCES: readonly FeatureSource[] = ['auto', 'dwh', 'xiva']
export const MERGE_STRATEGIES: readonly MergeStrategy[] = ['xiva_first', 'dwh_first', 'merge']

export interface FeatureSettings extends FeatureOrigin {
  profiles?: FeatureOrigin | undefined
  source: FeatureSource
  merge_strategy: MergeStrategy
  /** Column with the moment of a row’s last change. */
  as_of: string
  /** Milliseconds that a kept answer holds. */
  cache_ttl: number
  /** In the order of the model: its name for a feature → ours. */
  mapping: Readonly<Record<string, string>>
}
