import { appendFile, mkdir, rename, rm, stat, symlink, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openTestFolder, type TestFolder } from './folder.ts'

let folder: TestFolder
beforeEach(async () => {
  folder = await openTestFolder()
})
afterEach(() => folder.remove())

const named = (rows: readonly Record<string, string | null>[]): (string | null | undefined)[] => rows.map(({ name }) => name)

test('files are read in the order of their names, each row with its file and line', async () => {
  await folder.write('customers_2.csv', 'id,name\n3,Cem\n')
  await folder.write('customers_1.csv', 'id,name\n1,Ada\n2,Bo\n')
  await folder.write('orders.csv', 'id,total\n9,1.5\n')
  const read = await folder.read('customers*.csv')
  expect(read.columns).toEqual(['id', 'name', 'file_name', 'line_number', 'file_modified_at'])
  expect(read.rows).toEqual([
    { id: '1', name: 'Ada', file_name: 'customers_1.csv', line_number: '2' },
    { id: '2', name: 'Bo', file_name: 'customers_1.csv', line_number: '3' },
    { id: '3', name: 'Cem', file_name: 'customers_2.csv', line_number: '2' },
  ])
  expect(read).toMatchObject({ read: 3, isFull: true, note: '2 new files' })
})

test('the second read takes new files only and is not the whole of the folder', async () => {
  await folder.write('a.csv', 'id,name\n1,Ada\n')
  await folder.read('*.csv')
  expect(await folder.read('*.csv')).toMatchObject({ rows: [], read: 0, position: null, isFull: false, note: '1 unchanged file' })
  await folder.write('b.csv', 'id,name\n2,Bo\n')
  const read = await folder.read('*.csv')
  expect(named(read.rows)).toEqual(['Bo'])
  expect(read).toMatchObject({ isFull: false, note: '1 new file, 1 unchanged file' })
})

test('all rows of a changed file are handed over again', async () => {
  const path = await folder.write('a.csv', 'id,name\n1,Ada\n')
  await folder.read('*.csv')
  await appendFile(path, '2,Bo\n')
  const read = await folder.read('*.csv')
  expect(named(read.rows)).toEqual(['Ada', 'Bo'])
  expect(read.note).toBe('1 changed file')
})

test('a file that was touched and has the same contents is not read again', async () => {
  const path = await folder.write('a.csv', 'id,name\n1,Ada\n')
  const first = await folder.read('*.csv')
  await utimes(path, new Date('2031-01-01'), new Date('2031-01-01'))
  const read = await folder.read('*.csv')
  expect(read).toMatchObject({ rows: [], note: '1 unchanged file' })
  expect(read.position).toMatchObject({ files: { 'a.csv': { modified_at: '2031-01-01T00:00:00.000Z', rows: 1 } } })
  expect(first.position).not.toEqual(read.position)
})

test('contents decide: a change that keeps the size and sets the time back is found', async () => {
  const path = await folder.write('a.csv', 'id,name\n1,Ada\n')
  const { atime, mtime } = await stat(path)
  await folder.read('*.csv')
  await folder.write('a.csv', 'id,name\n1,Eva\n')
  await utimes(path, atime, mtime)
  expect(named((await folder.read('*.csv')).rows)).toEqual(['Eva'])
})

test('a file that was written to within two seconds of its reading is hashed again, whatever its times say', async () => {
  await folder.write('a.csv', 'id,name\n1,Ada\n')
  const fresh = await folder.read('*.csv', { clock: Date.now })
  expect(fresh.position).toMatchObject({ files: { 'a.csv': { stamp: null } } })
  const later = await folder.read('*.csv')
  expect(later.position).toMatchObject({ files: { 'a.csv': { stamp: expect.stringMatching(/^14-/) as unknown } } })
  expect(later.rows).toEqual([])
})

test('gzip is read as well, and packing the same contents again changes nothing', async () => {
  const text = 'id,name\n1,Ada\n'
  const packed = gzipSync(text, { level: 9 })
  await folder.write('a.csv.gz', packed)
  expect(named((await folder.read('*.csv.gz')).rows)).toEqual(['Ada'])
  const again = gzipSync(text, { level: 0 })
  expect(again.equals(packed)).toBe(false)
  expect(gunzipSync(again).toString()).toBe(text)
  await folder.write('a.csv.gz', again)
  expect(await folder.read('*.csv.gz')).toMatchObject({ rows: [], note: '1 unchanged file' })
})

test('a vanished file is told once and remembered, and is not read again when it comes back', async () => {
  const path = await folder.write('a.csv', 'id,name\n1,Ada\n')
  await folder.write('b.csv', 'id,name\n2,Bo\n')
  await folder.read('*.csv')
  await rename(path, join(folder.path, 'a.old'))
  expect(await folder.read('*.csv')).toMatchObject({ rows: [], isFull: false, note: '1 unchanged file, 1 file is gone' })
  expect(await folder.read('*.csv')).toMatchObject({ note: '1 unchanged file', position: null })
  await rename(join(folder.path, 'a.old'), path)
  expect(await folder.read('*.csv')).toMatchObject({ rows: [], note: '2 unchanged files' })
  await rm(path)
  expect((await folder.read('*.csv')).note).toBe('1 unchanged file, 1 file is gone')
})

test('without a position everything is read, and that is the whole of the folder', async () => {
  await folder.write('a.csv', 'id,name\n1,Ada\n')
  await folder.read('*.csv')
  const read = await folder.read('*.csv', { position: null })
  expect(named(read.rows)).toEqual(['Ada'])
  expect(read.isFull).toBe(true)
})

test('a folder with rejects or without a row is never the whole, so that no key counts as deleted', async () => {
  expect(await folder.read('*.csv')).toMatchObject({ isFull: false, read: 0, note: 'no file matches *.csv' })
  await folder.write('a.csv', 'id,name\n1,Ada\n2\n')
  expect(await folder.read('*.csv')).toMatchObject({ isFull: false, read: 2 })
})

test('files that are not there when everything is read again are read when they come back', async () => {
  const path = await folder.write('a.csv', 'id,name\n1,Ada\n')
  await folder.read('*.csv')
  await rename(path, join(folder.path, 'a.old'))
  expect(await folder.read('*.csv', { position: null })).toMatchObject({ read: 0, position: { files: {} } })
  await rename(join(folder.path, 'a.old'), path)
  expect(await folder.read('*.csv')).toMatchObject({ read: 1, isFull: true })
})

test('a job that changes its pattern does not read again what it has read', async () => {
  await folder.write('a_1.csv', 'id,name\n1,Ada\n')
  await folder.write('b_1.csv', 'id,name,city\n2,Bo,Bonn\n')
  await folder.read('a*.csv')
  const read = await folder.read('*_1.csv')
  expect(named(read.rows)).toEqual(['Bo'])
  expect(read.columns.slice(0, 3)).toEqual(['id', 'name', 'city'])
  expect((await folder.read('a*.csv')).note).toBe('1 unchanged file')
})

test('folders inside are read where asked for, by the last part of the name or by the whole', async () => {
  await mkdir(join(folder.path, '2026/11'), { recursive: true })
  await folder.write('2026/11/a.csv', 'id,name\n1,Ada\n')
  await folder.write('top.csv', 'id,name\n2,Bo\n')
  await symlink(folder.path, join(folder.path, '2026/loop'))
  expect(named((await folder.read('*.csv', { position: null })).rows)).toEqual(['Bo'])
  const deep = await folder.read('*.csv', { position: null, settings: { recursive: true } })
  expect(deep.rows.map(({ file_name }) => file_name)).toEqual(['2026/11/a.csv', 'top.csv'])
  expect(named((await folder.read('2026/**/*.csv', { position: null, settings: { recursive: true } })).rows)).toEqual(['Ada'])
})

test('a position of something else is refused and not taken for a beginning', async () => {
  await expect(folder.read('*.csv', { position: { since: '2026-01-01' } })).rejects.toMatchObject({
    code: 'source.bad-position',
    hint: 'Run the job with --full-reload.',
  })
})
