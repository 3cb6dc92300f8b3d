import { Buffer } from 'node:buffer'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { lookAtFile, readBytes } from '../../../server/sources/csv/index.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'quintile-bytes-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

async function write(name: string, bytes: Buffer): Promise<string> {
  const path = join(folder, name)
  await writeFile(path, bytes)
  return path
}

async function contents(path: string, start?: number): Promise<string> {
  const pieces: Buffer[] = []
  for await (const piece of readBytes(await lookAtFile(path), start)) pieces.push(Buffer.from(piece))
  return Buffer.concat(pieces).toString()
}

const TEXT = Array.from({ length: 50_000 }, (_, index) => `line ${String(index)} ${String(Math.sin(index))}`).join('\n')

test('gzip is told by its bytes, not by its name, and may have several members', async () => {
  expect(await contents(await write('a.csv', gzipSync(TEXT)))).toBe(TEXT)
  expect(await contents(await write('b.csv.gz', Buffer.from(TEXT)))).toBe(TEXT)
  expect(await contents(await write('c.gz', Buffer.concat([gzipSync('one\n'), gzipSync('two\n')])))).toBe('one\ntwo\n')
})

test('reading can begin at a byte of the contents, packed or not', async () => {
  expect(await contents(await write('d.csv', Buffer.from(TEXT)), 700_000)).toBe(TEXT.slice(700_000))
  expect(await contents(await write('d.gz', gzipSync(TEXT)), 700_000)).toBe(TEXT.slice(700_000))
})

test('the bytes done reach the size of the file', async () => {
  const path = await write('e.gz', gzipSync(TEXT))
  const facts = await lookAtFile(path)
  const bytes = readBytes(facts)
  for await (const piece of bytes) expect(piece.length).toBeGreaterThan(0)
  expect(bytes.done).toBe(facts.size)
})

test('a cut gzip says at which byte, a damaged one near which', async () => {
  const packed = gzipSync(TEXT)
  await expect(contents(await write('cut.gz', packed.subarray(0, 200_000)))).rejects.toMatchObject({
    code: 'import.truncated-gzip',
    message: expect.stringContaining('at byte 200000') as unknown,
  })
  const damaged = Buffer.from(packed)
  damaged.fill(0, 100_000, 100_200)
  await expect(contents(await write('damaged.gz', damaged))).rejects.toMatchObject({ code: 'import.corrupt-gzip', kind: 'mistake' })
})

test('data behind the end of a gzip are not passed over in silence', async () => {
  const path = await write('tail.gz', Buffer.concat([gzipSync('one,two\n'), Buffer.from('three,four\n')]))
  await expect(contents(path)).rejects.toMatchObject({ code: 'import.corrupt-gzip' })
})

test('what is no readable file is refused by name with the remedy', async () => {
  await expect(lookAtFile(join(folder, 'none.csv'))).rejects.toMatchObject({
    code: 'import.no-file',
    message: expect.stringContaining('none.csv') as unknown,
  })
  await expect(lookAtFile(folder)).rejects.toMatchObject({ code: 'import.not-a-file' })
  await expect(lookAtFile(await write('empty.csv', Buffer.alloc(0)))).rejects.toMatchObject({ code: 'import.empty-file' })
  await expect(lookAtFile(await write('book.csv', Buffer.from('PK\x03\x04….')))).rejects.toMatchObject({ code: 'import.not-csv' })
})
