/** Where things lie: what we ship, and what we keep for the user. */
import { readdir } from 'node:fs/promises'
import { isAbsolute, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import envPaths from 'env-paths'
import { mistake } from '../../shared/failure.ts'
import { suggest } from '../../shared/nearest.ts'

/**
 * The shipped folder `resources/`. This file lies two levels below the top, in the source as in the bundle (`dist/server/`).
 */
export function resourcesFolder(): string {
  return fileURLToPath(new URL('../../resources/', import.meta.url))
}

/** The app's data folder: `QUINTILE_HOME`, or the platform's folder for application data. */
export function resolveHome(environment: NodeJS.ProcessEnv): string {
  const given = environment['QUINTILE_HOME']
  if (given === undefined || given === '') return envPaths('Quintile', { suffix: '' }).data
  return isAbsolute(given) ? given : resolve(given)
}

/** The folder that holds one folder per workspace. */
export function workspacesFolder(home: string): string {
  return join(home, 'workspaces')
}

/** The packs that we ship. */
export async function listPacks(): Promise<string[]> {
  const entries = await readdir(join(resourcesFolder(), 'packs'), { withFileTypes: true })
  return entries
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort()
}

/** Errors: `pack.unknown` with the nearest name. */
export async function packFolder(pack: string): Promise<string> {
  const packs = await listPacks()
  if (!packs.includes(pack)) throw mistake('pack.unknown', `There is no pack “${pack}”`, suggest(pack, packs))
  return join(resourcesFolder(), 'packs', pack)
}
