/** Where rows come from: one reader per kind. */
export { openPostgresSource, type SourceColumn, type SourceConnection, type SourceReader } from './postgres.ts'
export { openPostgresSources, type PostgresSources, type SourceMoment } from './postgres-snapshot.ts'
export * from './csv/index.ts'
export type { Feed, FeedOutcome, FeedPosition, FeedRequest, FeedTaker } from './feed.ts'
export { csvFolderSettings, openCsvFolder, type CsvFolderNeeds, type CsvFolderSettings } from './csv-folder/index.ts'
export { httpSettings, openHttpSource, type HttpNeeds, type HttpSettings, type HttpSource, type Profile } from './http/index.ts'
export {
  openReplicationFeed,
  replicationSettings,
  type ReplicationFeed,
  type ReplicationFeedNeeds,
  type ReplicationSettings,
} from './replication/index.ts'
export type { SlotReport, SlotState } from './replication/index.ts'
export { checkPostgresSource, type SourceCheck } from './source-check.ts'
