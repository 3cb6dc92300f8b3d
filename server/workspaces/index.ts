/** Workspaces: folders with their settings, the packs they come from, the embedded server, and demo data. */
export { createWorkspace, listWorkspaces, readWorkspace, type WorkspaceFolder } from './folder.ts'
export { resolveHome, resourcesFolder } from './places.ts'
export type { WorkspaceSettings } from './settings.ts'
export { toWorkspaceSource, type WorkspaceSource } from './sources.ts'
export { openDemoData, type DemoFilling, type DemoNote } from './demo-data.ts'
export { findGenerator, SCALES, type PackGenerator, type RowCounts, type Scale } from './generators/index.ts'
export { writeDemoOrders } from './demo-orders.ts'
export { openEmbeddedServer, type EmbeddedServer, type KeeperLaunch, type SpawnKeeper } from './embedded/index.ts'
