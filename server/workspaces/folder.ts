/** A workspace is a folder: a copy of its pack, `workspace.yaml`, and a cache that can be made again. */
import { cp, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { mistake } from '../../shared/failure.ts'
import { suggest } from '../../shared/nearest.ts'
import { packFolder, workspacesFolder } from './places.ts'
import { readPackSettings, readWorkspaceSettings, writeSettings, type PackSettings, type WorkspaceSettings } from './settings.ts'

export interface WorkspaceFolder {
  folder: string
  settings: WorkspaceSettings
  pack: PackSettings
  cacheFile: string
}

const NAME = /^[a-z][a-z0-9_-]{0,40}$/

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}

/** Names of the workspaces, sorted: the folders that have a `workspace.yaml`. */
export async function listWorkspaces(home: string): Promise<string[]> {
  const entries = await readdir(workspacesFolder(home), { withFileTypes: true }).catch(() => [])
  const found = await Promise.all(
    entries.map(async (entry) => (await exists(join(workspacesFolder(home), entry.name, 'workspace.yaml'))) && entry.name),
  )
  return found.filter((name) => name !== false).sort()
}

/** Errors: `workspace.unknown` with the nearest name. */
export async function readWorkspace(home: string, name: string): Promise<WorkspaceFolder> {
  const folder = join(workspacesFolder(home), name)
  if (!NAME.test(name) || !(await exists(join(folder, 'workspace.yaml')))) {
    throw mistake(
      'workspace.unknown',
      `There is no workspace “${name}”`,
      `${suggest(name, await listWorkspaces(home))} “quintile workspace create ${NAME.test(name) ? name : 'NAME'} --pack globalmart” makes one.`,
    )
  }
  const settings = await readWorkspaceSettings(folder)
  return { folder, settings, pack: await readPackSettings(folder), cacheFile: join(folder, 'cache', 'quintile.sqlite') }
}

/**
 * Copies the pack into a new folder. Built beside and renamed, so that an interrupted creation leaves no half workspace.
 * Errors: `workspace.bad-name`, `workspace.exists`, `pack.unknown`.
 */
export async function createWorkspace(
  home: string,
  request: { name: string; pack: string; warehouse: WorkspaceSettings['warehouse']; read_only?: boolean },
): Promise<WorkspaceFolder> {
  const { name, pack, warehouse, read_only } = request
  if (!NAME.test(name))
    throw mistake(
      'workspace.bad-name',
      `“${name}” cannot name a workspace`,
      'Use small letters, digits, _ and -, starting with a letter, at most 41 characters.',
    )
  const folder = join(workspacesFolder(home), name)
  if (await exists(folder))
    throw mistake('workspace.exists', `There is already a workspace “${name}”`, {
      hint: 'Choose another name, or remove its folder.',
      details: { folder },
    })
  const from = await packFolder(pack)
  await mkdir(workspacesFolder(home), { recursive: true, mode: 0o700 })
  const beside = `${folder}.new-${String(process.pid)}`
  try {
    await cp(from, beside, { recursive: true })
    await nameDatabases(join(beside, 'pack.yaml'), name)
    await writeFile(join(beside, 'workspace.yaml'), writeSettings({ name, pack, warehouse, read_only }))
    await writeFile(join(beside, '.gitignore'), 'cache/\n')
    await rename(beside, folder)
  } finally {
    await rm(beside, { recursive: true, force: true })
  }
  return readWorkspace(home, name)
}

/** Databases and slots that belong to one workspace carry its name, where the pack writes `{workspace}`. */
async function nameDatabases(file: string, workspace: string): Promise<void> {
  const text = await readFile(file, 'utf8')
  await writeFile(file, text.replaceAll('{workspace}', workspace.replaceAll('-', '_')))
}
