/** A CSV file as a program of the winery would write it: whole or not at all, with the time of its contents. */
import { createWriteStream } from 'node:fs'
import { rename, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { stringify } from 'csv-stringify'

export interface CsvFile {
  folder: string
  name: string
  columns: readonly string[]
  delimiter: ',' | ';'
  /** Milliseconds since 1970: when the file was written to, by the demo's own time. */
  at: number
  signal: AbortSignal
}

/** Writes beside and renames; returns how many rows there are. */
export async function writeCsv(
  { folder, name, columns, delimiter, at, signal }: CsvFile,
  rows: Iterable<readonly (string | null)[]>,
): Promise<number> {
  const beside = join(folder, `${name}.part`)
  let count = 0
  const counted = function* (): Generator<readonly (string | null)[]> {
    for (const row of rows) {
      count += 1
      yield row
    }
  }
  await pipeline(Readable.from(counted()), stringify({ header: true, columns: [...columns], delimiter }), createWriteStream(beside), {
    signal,
  })
  await utimes(beside, at / 1000, at / 1000)
  await rename(beside, join(folder, name))
  return count
}
