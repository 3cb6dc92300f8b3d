/** `workspace.yaml` and `pack.yaml`: what a workspace is, readable and without secrets. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parse, stringify } from 'yaml'
import { z } from 'zod'
import { mistake } from '../../shared/failure.ts'
import { csvFolderSettings, httpSettings, replicationSettings } from '../sources/index.ts'
import { featureSchema } from './feature-settings.ts'

const table = z.string().regex(/^([a-z_][a-z0-9_]*\.)?[a-z_][a-z0-9_]{0,62}$/, 'a table name: table or schema.table')
const database = z.string().regex(/^[a-zA-Z_][a-zA-Z0-9_]{0,62}$/, 'a database name: letters, digits and _')

/** Where a PostgreSQL server is. */
const server = {
  /** `embedded`, in a source: the server that Quintile brings along, whatever its port and password are today. */
  host: z.string().min(1),
  port: z.int().min(1).max(65535).default(5432),
  user: z.string().min(1).default('postgres'),
  database,
  tls: z.enum(['off', 'require', 'verify']).default('off'),
  /** Name of the environment variable that holds the password; the password itself is never written down. */
  password_env: z
    .string()
    .regex(/^[A-Z_][A-Z0-9_]*$/, 'the name of an environment variable')
    .optional(),
}

const embeddedSchema = z.strictObject({ engine: z.literal('embedded'), database })
const postgresSchema = z.strictObject({ engine: z.literal('postgres'), ...server })
const workspaceSchema = z.strictObject({
  name: z.string(),
  pack: z.string(),
  warehouse: z.discriminatedUnion('engine', [embeddedSchema, postgresSchema]),
  /** The warehouse is somebody else's and only read: no jobs, no tables of ours there, records on this machine. */
  read_only: z.boolean().optional(),
  /** How long the run book keeps runs: the limit that is met first decides. */
  retention: z
    .strictObject({ days: z.int().min(1).max(3_650).default(30), megabytes: z.int().min(10).max(1_000_000).default(1_000) })
    .prefault({}),
})
export type WorkspaceSettings = z.infer<typeof workspaceSchema>

const SECONDS: Record<string, number> = { second: 1, minute: 60, hour: 3600 }
/** Written as “10 minutes”, read as milliseconds. */
const duration = z
  .string()
  .regex(/^[1-9]\d{0,3} (second|minute|hour)s?$/, 'a duration such as 10 minutes')
  .transform((text) => {
    const [count = '', unit = ''] = text.split(' ')
    return Number(count) * (SECONDS[unit.replace(/s$/, '')] ?? 0) * 1000
  })

/** Tables of the warehouse that imports fill, or what jobs read from: another database, files, an API. */
const sourceSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('imported'), tables: z.array(table).min(1) }),
  z.strictObject({
    kind: z.literal('postgres'),
    ...server,
    statement_timeout: duration.optional(),
    /** With the host `embedded`: until a demo fills it, jobs that read it load nothing, and do not fail. */
    optional: z.boolean().default(false),
  }),
  csvFolderSettings,
  httpSettings,
  replicationSettings,
])
export type SourceSettings = z.infer<typeof sourceSchema>

const packSchema = z.strictObject({
  title: z.string(),
  description: z.string(),
  sources: z.record(z.string(), sourceSchema).default({}),
  features: featureSchema,
  /** A SELECT of one time: how new the data is, for a warehouse that is only read; the jobs of others tell us nothing. */
  data_as_of: z.string().optional(),
  overview: z.strictObject({ figures: z.string(), rfm: z.string().nullable().default(null), revenue: z.string().nullable().default(null) }),
  /** One choice over all segments and reports: the feature that segments are narrowed by, and the parameter that reports know it as. */
  filter: z.strictObject({ name: z.string(), label: z.string(), feature: z.string() }).optional(),
  demo: z.strictObject({ import: z.string().optional(), service: z.boolean().default(false) }).optional(),
})
export type PackSettings = z.infer<typeof packSchema>

async function readYaml<S extends z.ZodType>(folder: string, file: string, schema: S): Promise<z.output<S>> {
  let content: unknown
  try {
    content = parse(await readFile(join(folder, file), 'utf8'))
  } catch (thrown) {
    throw mistake(
      'workspace.bad-file',
      `${join(folder, file)}: ${thrown instanceof Error ? thrown.message : String(thrown)}`,
      'Correct the YAML.',
    )
  }
  const parsed = schema.safeParse(content)
  if (!parsed.success) throw mistake('workspace.bad-file', `${join(folder, file)}: ${z.prettifyError(parsed.error)}`, 'Correct the file.')
  return parsed.data
}

/** Which warehouse, and which pack it came from. Errors: `workspace.bad-file`. */
export function readWorkspaceSettings(folder: string): Promise<WorkspaceSettings> {
  return readYaml(folder, 'workspace.yaml', workspaceSchema)
}

/** The workspace's own copy of its pack's settings. Errors: `workspace.bad-file`. */
export function readPackSettings(folder: string): Promise<PackSettings> {
  return readYaml(folder, 'pack.yaml', packSchema)
}

/** The text of `workspace.yaml`. Throws zod's error where the settings are not valid. */
export function writeSettings(settings: z.input<typeof workspaceSchema>): string {
  return stringify(workspaceSchema.parse(settings))
}
