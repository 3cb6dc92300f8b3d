/** Workspaces: folders with their settings, the packs they come from, the embedded server, and demo data. */
export { createWorkspace, listWorkspaces, readWorkspace, type WorkspaceFolder } from './folder.ts'
export { resolveHome, resourcesFolder } from './places.ts'
export type { WorkspaceSettings } from './settings.ts'
export { toWorkspaceSource, type WorkspaceSource } from './sources.ts'
export { writeDemoOrders } from './demo-orders.ts'
export { openEmbeddedServer, type EmbeddedServer, type KeeperLaunch, type SpawnKeeper } from './embedded/index.ts'
