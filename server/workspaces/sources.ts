/** The sources of a workspace, ready to be read: settings, plus the secrets that they name, looked up when a job reads. */
import { mistake } from '../../shared/failure.ts'
import type { Clock } from '../../shared/time.ts'
import {
  openCsvFolder,
  openHttpSource,
  openReplicationFeed,
  type Feed,
  type FeedPosition,
  type ReplicationFeed,
  type SourceConnection,
} from '../sources/index.ts'
import type { SourceSettings } from './settings.ts'

/** A source as jobs use it. */
export type WorkspaceSource =
  | { kind: 'imported'; label: string; tables: readonly string[] }
  | { kind: 'postgres'; label: string; connection(): Promise<SourceConnection | null> }
  | { kind: 'csv' | 'http'; label: string; open(): Promise<Feed> }
  | { kind: 'replication'; label: string; open(): Promise<ReplicationFeed> }

/** Host and port of a server, and the user's way in. */
type Place = Pick<SourceConnection, 'host' | 'port' | 'user' | 'password'>

export interface SourcePlace {
  /** The workspace's folder. */
  folder: string
  environment: NodeJS.ProcessEnv
  clock: Clock
  /** How far the jobs that still exist have read a source. */
  positions(source: string): Promise<readonly FeedPosition[]>
  /** The server that sources with the host `embedded` are on; started at the first use. */
  embedded(database: string): Promise<Place>
  /** True when a demo has filled the sources on that server. */
  isDemoFilled(): Promise<boolean>
}

/** The host of sources on the server that Quintile brings along. */
export const EMBEDDED = 'embedded'

/** Opens nothing: a workspace can be opened without the secrets of all its sources. */
export function toWorkspaceSource(
  name: string,
  settings: SourceSettings,
  { folder, environment, clock, positions, embedded, isDemoFilled }: SourcePlace,
): WorkspaceSource {
  switch (settings.kind) {
    case 'imported':
      return { kind: 'imported', label: settings.tables.join(', '), tables: settings.tables }
    case 'postgres': {
      const { kind, password_env, statement_timeout, optional, ...server } = settings
      const connection = async (): Promise<SourceConnection | null> => {
        if (server.host !== EMBEDDED)
          return { ...server, password: secretOf(name, password_env, environment), statementTimeout: statement_timeout }
        if (optional && !(await isDemoFilled())) return null
        return { ...server, ...(await embedded(server.database)), tls: 'off', statementTimeout: statement_timeout }
      }
      return { kind, label: placeOf(settings), connection }
    }
    case 'csv':
      return { kind: 'csv', label: settings.folder, open: async () => openCsvFolder(settings, { workspace: folder, clock }) }
    case 'http': {
      // One for the process: it holds the login, and two would double the rate that the API allows.
      let opened: Feed | undefined
      const open = (): Promise<Feed> =>
        Promise.resolve((opened ??= { ...openHttpSource(settings, { source: name, environment, clock }), close: () => Promise.resolve() }))
      return { kind: 'http', label: settings.base_url, open }
    }
    case 'replication': {
      const open = async (): Promise<ReplicationFeed> => {
        const local = settings.host === EMBEDDED ? await embedded(settings.database) : undefined
        return openReplicationFeed({
          ...{ name, settings: { ...settings, ...local }, positions: () => positions(name) },
          password: local === undefined ? secretOf(name, settings.password_env, environment) : local.password,
        })
      }
      return { kind: 'replication', label: `${placeOf(settings)} (${settings.slot})`, open }
    }
  }
}

/** `host:port/database`, safe to show. */
function placeOf({ host, port, database }: { host: string; port: number; database: string }): string {
  return host === EMBEDDED ? `${EMBEDDED}/${database}` : `${host}:${String(port)}/${database}`
}

/** Errors: `source.no-password`. */
function secretOf(source: string, variable: string | undefined, environment: NodeJS.ProcessEnv): string | undefined {
  const password = variable === undefined ? undefined : environment[variable]
  if (variable !== undefined && password === undefined)
    throw mistake(
      'source.no-password',
      `The password of the source “${source}” is not known`,
      `Set the environment variable ${variable} to it.`,
    )
  return password
}
