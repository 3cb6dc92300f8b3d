/** Files of a folder that match a pattern, by name. */
import type { Dirent } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { join, posix } from 'node:path'
import { mistake } from '../../../shared/failure.ts'
import { stopIfCancelled, unreadable } from './failures.ts'

export interface FoundFile {
  /** From the folder on, with “/” on every system, so that other machines know it by the same name. */
  name: string
  path: string
  /** As it lies on disk. */
  bytes: number
  /** Milliseconds since 1970. */
  modifiedAt: number
  /** When contents, name or times were last changed, which no tool can set otherwise. Milliseconds since 1970. */
  touchedAt: number
  /** Size, both times to the nanosecond and the file's number: equal means that nobody wrote to it. */
  stamp: string
}

/** Whether a name matches: a pattern without “/” is held against the last part, as people expect of `*.csv`. */
export function matches(name: string, pattern: string): boolean {
  return posix.matchesGlob(pattern.includes('/') ? name : posix.basename(name), pattern)
}

/** Null where there is no such file (any more), or no file. Errors: `source.unreadable`. */
export async function lookAt(folder: string, name: string): Promise<FoundFile | null> {
  const path = join(folder, name)
  try {
    const facts = await stat(path, { bigint: true })
    if (!facts.isFile()) return null
    const { size, mtimeNs, ctimeNs, ino } = facts
    return {
      ...{ name, path, bytes: Number(size), modifiedAt: Number(mtimeNs / 1_000_000n) },
      touchedAt: Number(ctimeNs / 1_000_000n),
      stamp: [size, mtimeNs, ctimeNs, ino].map(String).join('-'),
    }
  } catch (thrown) {
    if (thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT') return null
    throw unreadable(path, thrown)
  }
}

/** All that match, sorted by name. Errors: `source.no-folder`, `source.unreadable`. */
export async function findFiles(place: { folder: string; recursive: boolean }, pattern: string, signal: AbortSignal): Promise<FoundFile[]> {
  const names = (await namesIn(place, '')).filter((name) => matches(name, pattern)).sort()
  const found: FoundFile[] = []
  for (const name of names) {
    stopIfCancelled(signal)
    const file = await lookAt(place.folder, name)
    if (file !== null) found.push(file)
  }
  return found
}

/** Names of what may be a file; folders only where asked for, and linked folders never, because they can lead back. */
async function namesIn(place: { folder: string; recursive: boolean }, inside: string): Promise<string[]> {
  const names: string[] = []
  for (const entry of await entriesOf(place.folder, inside)) {
    const name = posix.join(inside, entry.name)
    if (!entry.isDirectory()) names.push(name)
    else if (place.recursive) names.push(...(await namesIn(place, name)))
  }
  return names
}

async function entriesOf(folder: string, inside: string): Promise<Dirent[]> {
  try {
    return await readdir(join(folder, inside), { withFileTypes: true })
  } catch (thrown) {
    const code = thrown instanceof Error && 'code' in thrown ? thrown.code : undefined
    // A folder within it that is gone again holds nothing.
    if (inside !== '' && code === 'ENOENT') return []
    if (code !== 'ENOENT' && code !== 'ENOTDIR') throw unreadable(join(folder, inside), thrown)
    const what = code === 'ENOENT' ? `There is no folder ${folder}` : `${folder} is no folder`
    throw mistake('source.no-folder', what, 'Correct “folder” of this source in pack.yaml; it is taken from the workspace’s folder on.')
  }
}
