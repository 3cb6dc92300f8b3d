/** Runs PostgreSQL's programs in a clean environment. */
import { spawn } from 'node:child_process'
import { missing } from './binaries.ts'
import type { ServerUser } from './owner.ts'

/**
 * PGDATA, PGPORT and the like of the person's shell must not reach our server, and a locale that is not installed would
 * stop it (on macOS even an unset one does).
 */
export function cleanEnvironment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !/^(PG|LC_|LANG)/.test(name))
  return { ...Object.fromEntries(kept), LC_ALL: 'C' }
}

/** Runs one program to its end and returns its exit code and all that it printed. Throws `embedded.binaries-missing`. */
export function runProgram(
  program: string,
  args: string[],
  options: { user?: ServerUser | undefined; cwd: string },
): Promise<{ code: number | null; text: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      ...options.user,
      cwd: options.cwd,
      env: cleanEnvironment(),
      stdio: ['ignore', 'pipe', 'pipe'],
      windowsHide: true,
    })
    let text = ''
    const collect = (part: Buffer): void => void (text += part.toString())
    child.stdout.on('data', collect)
    child.stderr.on('data', collect)
    child.once('error', (error) => reject(missing(`${program} could not be run: ${error.message}`)))
    child.once('close', (code) => resolve({ code, text }))
  })
}
