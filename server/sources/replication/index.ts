/** Logical replication: changes of PostgreSQL tables, in the order of their commits. */
export { openReplicationFeed, type ReplicationFeed, type ReplicationFeedNeeds, type SlotReport } from './feed.ts'
export { replicationSettings, type ReplicationSettings } from './settings.ts'
export type { SlotState } from './slots.ts'
