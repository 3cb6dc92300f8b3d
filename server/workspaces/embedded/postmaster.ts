/** The file by which PostgreSQL says who serves a data folder, and the process behind it. */
import { spawnSync } from 'node:child_process'
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'

export interface PidFile {
  pid: number
  port: number
  /** PostgreSQL pads it to eight letters; here without the padding. */
  status: 'starting' | 'ready' | 'standby' | 'stopping' | ''
}

/** Reads `postmaster.pid`; undefined when it is missing or not yet fully written. */
export function readPidFile(data: string): PidFile | undefined {
  let lines: string[]
  try {
    lines = readFileSync(join(data, 'postmaster.pid'), 'utf8').split('\n')
  } catch {
    return undefined
  }
  const pid = Math.abs(Number(lines[0]))
  if (!Number.isInteger(pid) || pid === 0) return undefined
  return { pid, port: Number(lines[3] ?? 0), status: (lines[7] ?? '').trim() as PidFile['status'] }
}

/**
 * True when this process is the server of this data folder. The number alone does not say so: after a restart of the
 * computer it may be any program's, and a killed server stays as a zombie where nobody collects it (small containers).
 */
export function isPostmaster(pid: number, data: string): boolean {
  if (!isAlive(pid)) return false
  if (process.platform === 'win32') return true
  const command =
    process.platform === 'linux' ? linuxCommand(pid) : spawnSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8' }).stdout
  return command.includes('postgres') && command.includes(data)
}

/** The same question about a process that was the server a moment ago: only Linux needs more than its number, for zombies. */
export function stillRuns(pid: number, data: string): boolean {
  return process.platform === 'linux' ? isPostmaster(pid, data) : isAlive(pid)
}

/** The file of a server that is gone. PostgreSQL would not start if its number now belongs to another living process. */
export function removeStalePidFile(data: string): void {
  rmSync(join(data, 'postmaster.pid'), { force: true })
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (thrown) {
    return (thrown as NodeJS.ErrnoException).code === 'EPERM'
  }
}

function linuxCommand(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  } catch {
    return ''
  }
}
