/** Workspaces: folders with their settings, the packs they come from, the embedded server, and demo data. */
export { createWorkspace, listWorkspaces, readWorkspace, type WorkspaceFolder } from './folder.ts'
export { listPacks, resolveHome, resourcesFolder } from './places.ts'
export type { WorkspaceSettings } from './settings.ts'
export { writeDemoOrders } from './demo-orders.ts'
export { embeddedStatus, openEmbeddedServer, spawnDetached, type EmbeddedServer, type EmbeddedStatus, type KeeperLaunch, type SpawnKeeper } from './embedded/index.ts'
