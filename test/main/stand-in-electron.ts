/**
 * A folder that looks like Electron's to the packager: the right file names and the right fuse wire, no Electron.
 * It shows what goes into the package and that the fuses are turned; it cannot show that the result starts.
 */
import { chmodSync, copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'

/** Electron's marker in its executable; version, length and one character per fuse follow. */
const SENTINEL = 'dL7pKGdnNz796PbbjQWNKmHXBZaB9tsX'
/** As Electron 45 is delivered: `1` on, `0` off. */
const DELIVERED = '101100011'
const DATA_FILES = ['chrome_100_percent.pak', 'chrome_200_percent.pak', 'resources.pak', 'icudtl.dat', 'snapshot_blob.bin']
const OTHER_FILES = [
  'v8_context_snapshot.bin',
  'vk_swiftshader_icd.json',
  'LICENSE',
  'LICENSES.chromium.html',
  'libffmpeg.so',
  'libvk_swiftshader.so',
]
const PROGRAMS = ['electron', 'chrome-sandbox', 'chrome_crashpad_handler']

/** The fuses in the order of the wire. */
export const FUSES = [
  'runAsNode',
  'enableCookieEncryption',
  'enableNodeOptionsEnvironmentVariable',
  'enableNodeCliInspectArguments',
  'enableEmbeddedAsarIntegrityValidation',
  'onlyLoadAppFromAsar',
  'loadBrowserProcessSpecificV8Snapshot',
  'grantFileProtocolExtraPrivileges',
] as const

/** The version of Electron that the project depends on; its `package.json` is all that is read of it. */
export function electronVersion(): string {
  const file = createRequire(import.meta.url).resolve('electron/package.json')
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version
}

/** Makes the Linux folder. */
export function makeStandIn(folder: string): void {
  mkdirSync(join(folder, 'locales'), { recursive: true })
  for (const file of [...DATA_FILES, ...OTHER_FILES, 'locales/en-US.pak', 'locales/en-GB.pak', 'locales/fr.pak'])
    writeFileSync(join(folder, file), file)
  writeFileSync(join(folder, 'version'), electronVersion())
  for (const program of PROGRAMS) {
    copyFileSync('/bin/true', join(folder, program))
    chmodSync(join(folder, program), 0o755)
  }
  const wire = Buffer.concat([Buffer.from(SENTINEL), Buffer.from([1, DELIVERED.length]), Buffer.from(DELIVERED)])
  writeFileSync(join(folder, 'electron'), Buffer.concat([readFileSync('/bin/true'), wire]))
}

/** The state of each fuse of a packed executable. */
export function readFuses(program: string): Record<string, boolean> {
  const content = readFileSync(program)
  const start = content.indexOf(SENTINEL) + SENTINEL.length + 2
  return Object.fromEntries(FUSES.map((fuse, index) => [fuse, content[start + index] === '1'.charCodeAt(0)]))
}
