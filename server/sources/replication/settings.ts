/** Settings of a replication source, as they stand under `sources:` in pack.yaml. */
import { z } from 'zod'

const column = z.string().min(1)

const SECONDS: Record<string, number> = { second: 1, minute: 60, hour: 3600 }

const duration = z
  .string()
  .regex(/^[1-9]\d{0,3} (second|minute|hour)s?$/, 'a duration such as 10 minutes')
  .transform((text) => {
    const [count = '', unit = ''] = text.split(' ')
    return Number(count) * (SECONDS[unit.replace(/s$/, '')] ?? 0) * 1000
  })

const BYTES: Record<string, number> = { MB: 2 ** 20, GB: 2 ** 30, TB: 2 ** 40 }

/** Written as “2 GB”, read as bytes. */
const size = z
  .string()
  .regex(/^[1-9]\d{0,5} (MB|GB|TB)$/, 'a size such as 2 GB')
  .transform((text) => {
    const [count = '', unit = ''] = text.split(' ')
    return Number(count) * (BYTES[unit] ?? 0)
  })

const tableName = z.string().regex(/^[^.\s"]+\.[^.\s"]+$/, 'a table name with its schema: schema.table')

const tableSettings = z.strictObject({
  /** The column by which the table is read when replication cannot be used. */
  watermark: column.optional(),
  /** How far before the watermark to look again, e.g. `10 minutes`: rows committed late carry earlier stamps. */
  lookback: z
    .string()
    .regex(/^\d+ (second|minute|hour|day)s?$/, 'an interval such as 10 minutes')
    .optional(),
  /** What identifies a row, where the table has no primary key and REPLICA IDENTITY FULL. */
  key: z.array(column).min(1).optional(),
})

/** A list of names, or names with settings. */
const tables = z.union([
  z
    .array(tableName)
    .min(1)
    .transform((names): Record<string, z.infer<typeof tableSettings>> => Object.fromEntries(names.map((name) => [name, {}]))),
  z
    .record(
      tableName,
      tableSettings.nullable().transform((settings) => settings ?? {}),
    )
    .refine((all) => Object.keys(all).length > 0, 'at least one table'),
])

/** One source of kind `replication`. */
export const replicationSettings = z.strictObject({
  kind: z.literal('replication'),
  host: z.string().min(1),
  port: z.int().min(1).max(65535).default(5432),
  user: z.string().min(1).default('postgres'),
  database: z.string().min(1),
  tls: z.enum(['off', 'require', 'verify']).default('off'),
  /** Name of the environment variable that holds the password; the password itself is never written down. */
  password_env: z
    .string()
    .regex(/^[A-Z_][A-Z0-9_]*$/, 'the name of an environment variable')
    .optional(),
  publication: z.string().min(1).max(63),
  /** One per warehouse: two warehouses that shared a slot would each miss what the other one confirmed. */
  slot: z.string().regex(/^[a-z0-9_]{1,63}$/, 'a slot name: small letters, digits and _'),
  tables,
  /** What to do when changes may be missing: fail, or read the table again as a whole. */
  on_slot_lost: z.enum(['fail', 'resync']).default('fail'),
  /** Above this the guard warns that the slot holds back too much of the source's log. */
  max_retained: size.default(2 * 2 ** 30),
  /** Creates a slot even where nothing keeps it from filling the source's disk. */
  allow_unbounded_wal: z.boolean().default(false),
  /** `watermark` reads by the watermark columns of `tables` while replication cannot be used. */
  fallback: z.enum(['none', 'watermark']).default('none'),
  statement_timeout: duration.optional(),
})
export type ReplicationSettings = z.infer<typeof replicationSettings>
export type ReplicatedTable = ReplicationSettings['tables'][string]
