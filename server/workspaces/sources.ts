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
  | { kind: 'postgres'; label: string; connection(): SourceConnection }
  | { kind: 'csv' | 'http'; label: string; open(): Feed }
  | { kind: 'replication'; label: string; open(): ReplicationFeed }

export interface SourcePlace {
  /** The workspace's folder. */
  folder: string
  environment: NodeJS.ProcessEnv
  clock: Clock
  /** How far the jobs that still exist have read a source. */
  positions(source: string): Promise<readonly FeedPosition[]>
}

/** Opens nothing: a workspace can be opened without the secrets of all its sources. */
export function toWorkspaceSource(
  name: string,
  settings: SourceSettings,
  { folder, environment, clock, positions }: SourcePlace,
): WorkspaceSource {
  switch (settings.kind) {
    case 'imported':
      return { kind: 'imported', label: settings.tables.join(', '), tables: settings.tables }
    case 'postgres': {
      const { kind, password_env, statement_timeout, ...server } = settings
      const connection = (): SourceConnection => ({
        ...server,
        password: secretOf(name, password_env, environment),
        statementTimeout: statement_timeout,
      })
      return { kind, label: `${server.host}:${String(server.port)}/${server.database}`, connection }
    }
    case 'csv':
      return { kind: 'csv', label: settings.folder, open: () => openCsvFolder(settings, { workspace: folder, clock }) }
    case 'http': {
      // One for the process: it holds the login, and two would double the rate that the API allows.
      let opened: Feed | undefined
      const open = (): Feed =>
        (opened ??= { ...openHttpSource(settings, { source: name, environment, clock }), close: () => Promise.resolve() })
      return { kind: 'http', label: settings.base_url, open }
    }
    case 'replication': {
      const open = (): ReplicationFeed =>
        openReplicationFeed({
          ...{ name, settings, positions: () => positions(name) },
          password: secretOf(name, settings.password_env, environment),
        })
      return { kind: 'replication', label: `${settings.host}:${String(settings.port)}/${settings.database} (${settings.slot})`, open }
    }
  }
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
