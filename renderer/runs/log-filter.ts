/** Lines of a log that hold every typed word, in their message, job or level. Pure. */
import type { RunLogLine } from '../../shared/run.ts'

export function filterLog(lines: readonly RunLogLine[], typed: string, troubleOnly: boolean): RunLogLine[] {
  const words = typed
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '')
  return lines.filter((line) => {
    if (troubleOnly && line.level !== 'warn' && line.level !== 'error') return false
    const text = `${line.level} ${line.job ?? ''} ${line.message}`.toLowerCase()
    return words.every((word) => text.includes(word))
  })
}
