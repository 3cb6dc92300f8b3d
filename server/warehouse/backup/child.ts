/** Runs one of PostgreSQL’s programs. The password goes through its environment, never through its arguments. */
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { Failure } from '../../../shared/failure.ts'
import type { Connection } from '../connection.ts'
import type { Tool } from './tools.ts'

export interface Child {
  tool: Tool
  /** Null for what needs no server. */
  connection: Connection | null
  args: readonly string[]
  signal?: AbortSignal | undefined
  /** Told of each line that it says on the side. */
  onLine?: ((line: string) => void) | undefined
}

const SSL_MODE = { off: 'disable', require: 'require', verify: 'verify-full' } as const
/** Lines kept for the failure’s message. */
const KEPT_LINES = 5

/** What it wrote to standard output. Errors: `warehouse.tool-failed` with its last words; `warehouse.tool-stopped`. */
export function runTool({ tool, connection, args, signal, onLine }: Child): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(tool.path, [...(connection === null ? [] : addressOf(connection)), ...args], {
      env: environmentOf(tool, connection),
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(signal === undefined ? {} : { signal, killSignal: 'SIGTERM' as const }),
    })
    const output: string[] = []
    const last: string[] = []
    child.stdout.setEncoding('utf8').on('data', (text: string) => output.push(text))
    createInterface({ input: child.stderr }).on('line', (line) => {
      last.push(line)
      if (last.length > KEPT_LINES) last.shift()
      onLine?.(line)
    })
    child.once('error', (error) => reject(signal?.aborted === true ? stopped(tool) : toolFailed(tool, error.message)))
    child.once('close', (code) => {
      if (code === 0) resolve(output.join(''))
      else reject(signal?.aborted === true ? stopped(tool) : toolFailed(tool, last.join('\n') || `it ended with ${String(code)}`))
    })
  })
}

function addressOf({ host, port, user, database }: Connection): string[] {
  return [`--host=${host}`, `--port=${String(port)}`, `--username=${user}`, `--dbname=${database}`, '--no-password']
}

/** Certificates are the caller’s to name; every other PG… setting could lead elsewhere. */
const KEPT = new Set(['PGSSLROOTCERT', 'PGSSLCERT', 'PGSSLKEY', 'PGSSLCRL'])

/** From this version on libpq finds the certificates that the machine trusts. */
const SYSTEM_CERTIFICATES_FROM = 16

function environmentOf(tool: Tool, connection: Connection | null): NodeJS.ProcessEnv {
  const isOurs = (name: string): boolean => !name.toUpperCase().startsWith('PG') || KEPT.has(name)
  const environment: NodeJS.ProcessEnv = Object.fromEntries(Object.entries(process.env).filter(([name]) => isOurs(name)))
  if (connection === null) return environment
  const { password, tls = 'off' } = connection
  return {
    ...environment,
    ...(password === undefined ? {} : { PGPASSWORD: password }),
    PGSSLMODE: SSL_MODE[tls],
    ...(tls === 'verify' && tool.major >= SYSTEM_CERTIFICATES_FROM && environment['PGSSLROOTCERT'] === undefined
      ? { PGSSLROOTCERT: 'system' }
      : {}),
    PGAPPNAME: 'quintile backup',
    PGCONNECT_TIMEOUT: '10',
    LC_MESSAGES: 'C',
  }
}

function toolFailed(tool: Tool, text: string): Failure {
  return new Failure({
    kind: 'mistake',
    code: 'warehouse.tool-failed',
    message: `${tool.path} failed: ${text}`,
    hint: 'Nothing was changed. Mend what it says, then try again.',
  })
}

function stopped(tool: Tool): Failure {
  return new Failure({ kind: 'stop', code: 'warehouse.tool-stopped', message: `${tool.path} was stopped; nothing was changed` })
}
