/** The feature store: what is known of each customer, in the warehouse and in the local snapshot. */
import { mistake } from '../../shared/failure.ts'
import type { SnapshotInfo } from '../../shared/contract/answers.ts'
import type { ValueType } from '../../shared/rule.ts'
import { toIso, type Clock } from '../../shared/time.ts'
import type { LocalRow, LocalStore, StoredSnapshot } from '../local/index.ts'
import type { Session, Warehouse } from '../warehouse/index.ts'
import { readCatalogue, type FeatureEntry } from './catalogue.ts'
import { selectList, valueType, type Relation } from './columns.ts'
import { openKeptFeatures, type KeptFeatures } from './kept.ts'
import { mergeSides, readSides } from './relation.ts'
import type { FeatureSettings } from './settings.ts'
import { stampOfLoads, type ReadStamp, type Stamp } from './stamp.ts'
import { readCustomers, wishOf, type FeatureWish } from './store.ts'

export type { FeatureEntry } from './catalogue.ts'
export type { Feature } from './merge.ts'
export type { FeatureSettings } from './settings.ts'
export { stampOfData, stampOfLoads, type ReadStamp } from './stamp.ts'
export type { FeatureWish } from './store.ts'

export interface FeaturesNeeds {
  warehouse: Warehouse
  local: LocalStore
  clock: Clock
  settings: FeatureSettings
  /** How new the data is; by our own runs when left out. */
  stamp?: ReadStamp | undefined
}

export interface CustomerFeatures {
  customer_id: string
  features: LocalRow
  source: 'cache' | 'warehouse'
  as_of: string | null
  synced_at: string | null
}

export interface SyncResult extends SnapshotInfo {
  /** False when the snapshot already held the warehouse's newest data. */
  copied: boolean
}

/** Opens the room. Errors: none here; its calls reject with `features.*` and the failures of the warehouse. */
export function openFeatures(needs: FeaturesNeeds) {
  const { warehouse, local, settings, stamp = stampOfLoads } = needs
  const snapshot = (): StoredSnapshot => {
    const found = local.snapshot()
    if (found === null)
      throw mistake(
        'features.no-snapshot',
        'There is no local snapshot yet',
        'Run “quintile features sync” while the warehouse can be reached.',
      )
    return found
  }

  return {
    snapshot,
    /** Name and type of each feature, `customer_id` first. */
    columnTypes: (): Map<string, ValueType> => typesOf(snapshot().columns),
    /** All customers as the settings merge them: what to select from, and the type of each feature. */
    relation: async (session: Session): Promise<{ sql: string; types: Map<string, ValueType> }> => {
      const { sql, columns } = await openRelation(session, settings)
      return { sql, types: typesOf(columns) }
    },
    /** Every feature with its meaning and drawer. Errors: `features.unknown-column` for a mapping to nothing. */
    catalogue: (wish: FeatureWish = {}): Promise<FeatureEntry[]> =>
      warehouse.withTransaction((session) => catalogueOf(session, settings, wishOf(settings, wish).source), { readOnly: true }),

    asOf: (): Promise<Stamp> => stamp(warehouse),

    /** Copies all customers into a new snapshot, which takes the old one's place when it is whole; `signal` gives it up. */
    sync: (snapshotId: string, { signal, onRows }: { signal: AbortSignal; onRows(customers: number): void }): Promise<SyncResult> =>
      warehouse.withTransaction(
        (session) => stoppable(needs, { session, signal }, () => copySnapshot(session, needs, { snapshotId, onRows })),
        {
          readOnly: true,
        },
      ),

    /** One customer of the snapshot, or of the warehouse as the settings merge it. Errors: `features.unknown-customer`. */
    get: async (customerId: string, from: 'cache' | 'warehouse'): Promise<CustomerFeatures> =>
      (from === 'cache' ? await fromCache(local, snapshot(), customerId) : await fromWarehouse(needs, customerId)) ??
      unknownCustomer(customerId),

    ...openStore(needs),
  }
}

export type Features = ReturnType<typeof openFeatures>

function unknownCustomer(customerId: string): never {
  throw mistake('features.unknown-customer', `There is no customer ${customerId}`, 'Customer ids are written exactly as in the source.')
}

const typesOf = (columns: Relation['columns']): Map<string, ValueType> => new Map(columns.map(({ name, type }) => [name, valueType(type)]))

async function catalogueOf(session: Session, settings: FeatureSettings, source: FeatureSettings['source']): Promise<FeatureEntry[]> {
  return readCatalogue(session, settings, { ...(await readSides(session, settings, source)), areAll: source === settings.source })
}

async function openRelation(session: Session, settings: FeatureSettings): Promise<Relation> {
  const sides = await readSides(session, settings, settings.source)
  return mergeSides(sides, { strategy: settings.merge_strategy, asOf: settings.as_of })
}

/** Single customers with provenance, kept for a while. */
function openStore({ warehouse, local, clock, settings }: FeaturesNeeds) {
  const kept = openKeptFeatures(local, { clock, ttl: settings.cache_ttl })
  return {
    /** Those who are known, in the order asked. Kept answers are those of the same source and strategy only. */
    read: async (ids: readonly string[], wish: FeatureWish & { useCache?: boolean } = {}): Promise<KeptFeatures[]> => {
      const how = wishOf(settings, wish)
      const useCache = wish.useCache ?? true
      const known = new Map(useCache ? ids.flatMap((id) => kept.find(id, how) ?? []).map((one) => [one.customer_id, one]) : [])
      const missing = ids.filter((id) => !known.has(id))
      const fresh = missing.length === 0 ? [] : await readCustomers({ warehouse, settings }, missing, how)
      for (const [id, features] of fresh) known.set(id, kept.keep(id, how, features))
      return ids.flatMap((id) => known.get(id) ?? [])
    },
    /** Whatever was kept of these customers is forgotten, of every source and strategy. */
    invalidate: (ids: readonly string[]): void => kept.forget(ids),
  }
}

/** While the work goes on, the signal stops the statement of its session. */
async function stoppable<T>(
  { warehouse }: FeaturesNeeds,
  { session, signal }: { session: Session; signal: AbortSignal },
  work: () => Promise<T>,
): Promise<T> {
  const cancel = (): void => void warehouse.cancelBackend(session.backend).catch(() => undefined)
  signal.addEventListener('abort', cancel, { once: true })
  try {
    return await work()
  } finally {
    signal.removeEventListener('abort', cancel)
  }
}

async function copySnapshot(
  session: Session,
  { local, clock, settings, stamp = stampOfLoads }: FeaturesNeeds,
  { snapshotId, onRows }: { snapshotId: string; onRows: (customers: number) => void },
): Promise<SyncResult> {
  const { sql, columns } = await openRelation(session, settings)
  const { as_of } = await stamp(session)
  const head = { snapshot_id: snapshotId, synced_at: toIso(clock()), as_of, columns }
  const select = `SELECT ${selectList(columns)} FROM ${sql} ORDER BY 1`
  const customers = await local.writeSnapshot(head, session.copyOut(`COPY (${select}) TO STDOUT (FORMAT binary)`), onRows)
  return { snapshot_id: snapshotId, synced_at: head.synced_at, as_of, customers, features: columns.length - 1, copied: true }
}

async function fromCache(local: LocalStore, snapshot: StoredSnapshot, customerId: string): Promise<CustomerFeatures | undefined> {
  const [row] = await local.read(snapshot, `SELECT * FROM ${snapshot.table} WHERE customer_id = ?`, [customerId])
  return row === undefined
    ? undefined
    : { customer_id: customerId, features: row, source: 'cache', as_of: snapshot.as_of, synced_at: snapshot.synced_at }
}

async function fromWarehouse({ warehouse, settings, stamp = stampOfLoads }: FeaturesNeeds, customerId: string): Promise<CustomerFeatures | undefined> {
  const found = (await readCustomers({ warehouse, settings }, [customerId], {})).get(customerId)
  if (found === undefined) return undefined
  const values = [...found].map(([name, { value }]) => [name, value] as const)
  const { as_of } = await stamp(warehouse)
  return {
    customer_id: customerId,
    features: { customer_id: customerId, ...Object.fromEntries(values) },
    source: 'warehouse',
    as_of,
    synced_at: null,
  }
}
