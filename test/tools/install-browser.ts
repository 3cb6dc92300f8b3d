/**
 * Part of `npm test`: makes sure that a Chromium is there for the browser tests. Finds one, or installs it: Debian's
 * package where apt-get and its rights are there, the browser tool's own download elsewhere. Otherwise says what to do.
 */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { findBrowser } from './browser.ts'

function attempt(): string | null {
  try {
    return findBrowser()
  } catch {
    return null
  }
}

function run(command: string, ...args: string[]): void {
  process.stderr.write(`No Chromium found; trying: ${command} ${args.join(' ')}\n`)
  spawnSync(command, args, { stdio: ['ignore', 'inherit', 'inherit'] })
}

if (attempt() === null) {
  if (existsSync('/usr/bin/apt-get') && process.getuid?.() === 0) {
    run('apt-get', 'update', '-qq')
    run('apt-get', 'install', '-y', '-qq', '--no-install-recommends', 'chromium')
  } else {
    run(process.execPath, join(import.meta.dirname, '..', '..', 'node_modules', 'playwright-core', 'cli.js'), 'install', 'chromium')
  }
}
// Throws with the remedy where there still is none.
findBrowser()
