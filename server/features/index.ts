/** The feature store: what is known of each customer, in the warehouse and in the local snapshot. */
import { mistake } from '../../shared/failure.ts'
import type { SnapshotInfo } from '../../shared/contract/answers.ts'
import type { ValueType } from '../../shared/rule.ts'
import { toIso, type Clock } from '../../shared/time.ts'
import type { LocalRow, LocalStore, StoredSnapshot } from '../local/index.ts'
import { quoteQualified, type Session, type Warehouse } from '../warehouse/index.ts'
import { discoverColumns, selectList, valueType } from './columns.ts'

export interface FeaturesNeeds {
  warehouse: Warehouse
  local: LocalStore
  clock: Clock
  /** Table or view with one row per customer. */
  table: string
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

/** The newest data of any target: what the features are as of. */
const DATA_AS_OF = `SELECT to_char(max(data_as_of), 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS as_of, max(changed_at)::text AS changed_at FROM quintile.targets`

/** The newest data of any target, and when a target last changed. */
interface Stamp {
  as_of: string | null
  changed_at: string | null
}

async function readStamp(warehouse: Warehouse): Promise<Stamp> {
  const { rows } = await warehouse.query<Stamp>(DATA_AS_OF)
  return rows[0] ?? { as_of: null, changed_at: null }
}

/** Opens the room. Errors: none here; its calls reject with `features.*` and the failures of the warehouse. */
export function openFeatures(needs: FeaturesNeeds) {
  const { warehouse, local, table } = needs
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
    columnTypes: (): Map<string, ValueType> => new Map(snapshot().columns.map((column) => [column.name, valueType(column.type)])),
    /** The same, as the warehouse has them now. */
    warehouseColumnTypes: (session: Session): Promise<Map<string, ValueType>> =>
      discoverColumns(session, table).then((columns) => new Map(columns.map((column) => [column.name, valueType(column.type)]))),
    /** The features table, quoted. */
    source: quoteQualified(table),

    asOf: (): Promise<Stamp> => readStamp(warehouse),

    /** Copies all customers into a new snapshot, which takes the old one's place when it is whole; `signal` gives it up. */
    sync: (snapshotId: string, { signal, onRows }: { signal: AbortSignal; onRows(customers: number): void }): Promise<SyncResult> =>
      warehouse.withTransaction(
        (session) => stoppable(needs, { session, signal }, () => copySnapshot(session, needs, { snapshotId, onRows })),
        {
          readOnly: true,
        },
      ),

    /** One customer. Errors: `features.unknown-customer`. */
    get: async (customerId: string, from: 'cache' | 'warehouse'): Promise<CustomerFeatures> => {
      const found = from === 'cache' ? await fromCache(local, snapshot(), customerId) : await fromWarehouse(warehouse, table, customerId)
      if (found === undefined)
        throw mistake(
          'features.unknown-customer',
          `There is no customer ${customerId}`,
          'Customer ids are written exactly as in the source.',
        )
      return found
    },
  }
}

export type Features = ReturnType<typeof openFeatures>

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
  { local, clock, table }: FeaturesNeeds,
  { snapshotId, onRows }: { snapshotId: string; onRows: (customers: number) => void },
): Promise<SyncResult> {
  const columns = await discoverColumns(session, table)
  const { rows } = await session.query<{ as_of: string | null }>(DATA_AS_OF)
  const head = { snapshot_id: snapshotId, synced_at: toIso(clock()), as_of: rows[0]?.as_of ?? null, columns }
  const select = `SELECT ${selectList(columns)} FROM ${quoteQualified(table)} ORDER BY 1`
  const customers = await local.writeSnapshot(head, session.copyOut(`COPY (${select}) TO STDOUT (FORMAT binary)`), onRows)
  const { snapshot_id, synced_at, as_of } = head
  return { snapshot_id, synced_at, as_of, customers, features: columns.length - 1, copied: true }
}

async function fromCache(local: LocalStore, snapshot: StoredSnapshot, customerId: string): Promise<CustomerFeatures | undefined> {
  const [row] = await local.read(snapshot, `SELECT * FROM ${snapshot.table} WHERE customer_id = ?`, [customerId])
  return row === undefined
    ? undefined
    : { customer_id: customerId, features: row, source: 'cache', as_of: snapshot.as_of, synced_at: snapshot.synced_at }
}

async function fromWarehouse(warehouse: Warehouse, table: string, customerId: string): Promise<CustomerFeatures | undefined> {
  return warehouse.withTransaction(
    async (session) => {
      const columns = await discoverColumns(session, table)
      const { rows } = await session.query<LocalRow>(
        `SELECT ${selectList(columns)} FROM ${quoteQualified(table)} WHERE customer_id::text = $1`,
        [customerId],
      )
      const row = rows[0]
      if (row === undefined) return undefined
      // int8 arrives as text; the same number type as from the snapshot.
      const features = Object.fromEntries(
        columns.map(({ name, type }) => [name, type === 'int8' && row[name] !== null ? Number(row[name]) : (row[name] ?? null)]),
      )
      const { rows: stamp } = await session.query<{ as_of: string | null }>(DATA_AS_OF)
      return { customer_id: customerId, features, source: 'warehouse' as const, as_of: stamp[0]?.as_of ?? null, synced_at: null }
    },
    { readOnly: true },
  )
}
