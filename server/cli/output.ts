/**
 * What the command says. Results go to standard output, everything else (progress, logs, errors in words) to standard
 * error. With `--format json` the last line of standard output is one JSON object.
 */
import { Failure, toFailure } from '../../shared/failure.ts'

export type Format = 'text' | 'json'

export interface Output {
  format: Format
  /** The result: an object for scripts, lines for people. */
  result(value: unknown, lines: () => string[]): void
  /** A sentence by the way. */
  say(text: string): void
}

/** Results go to standard output, as one line of JSON or as text; all else that is said goes to standard error. */
export function openOutput(format: Format): Output {
  return {
    format,
    result: (value, lines) =>
      void process.stdout.write(
        format === 'json'
          ? `${JSON.stringify(value)}\n`
          : lines()
              .map((line) => `${line}\n`)
              .join(''),
      ),
    say: (text) => void process.stderr.write(`${text}\n`),
  }
}

/** Tells a failure and returns the exit code: 1 for what we foresaw, 2 for a crash. */
export function tellFailure(thrown: unknown, format: Format): number {
  const failure = toFailure(thrown)
  if (format === 'json') process.stdout.write(`${JSON.stringify({ error: failure.report() })}\n`)
  process.stderr.write(`Error: ${failure.message}${failure.hint === null ? '' : `\n  → ${failure.hint}`}\n  (${failure.code})\n`)
  if (thrown instanceof Failure) return 1
  process.stderr.write(`${thrown instanceof Error ? (thrown.stack ?? '') : String(thrown)}\n`)
  return 2
}

const NUMBER = new Intl.NumberFormat('en-US')

/** A count with its thousands apart: 541,909. */
export function number(value: number): string {
  return NUMBER.format(value)
}

/** Aligned columns; those whose cells are all numbers stand right. */
export function table(headings: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const widths = headings.map((heading, column) => Math.max(heading.length, ...rows.map((row) => (row[column] ?? '').length)))
  const right = headings.map((_, column) => rows.length > 0 && rows.every((row) => /^[-\d.,:% ]*$/.test(row[column] ?? '')))
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => (right[column] === true ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0)))
      .join('  ')
      .trimEnd()
  return [line(headings), widths.map((width) => '─'.repeat(width)).join('  '), ...rows.map(line)]
}

/** A duration in seconds with two digits; empty where there is none. */
export function seconds(value: number | null): string {
  return value === null ? '' : `${value.toFixed(2)} s`
}
