import { appendFileSync } from 'node:fs'
import { appendFile, rm, symlink, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { csvFolderSettings } from '../../../server/sources/csv-folder/index.ts'
import { openTestFolder, type TestFolder } from './folder.ts'

let folder: TestFolder
beforeEach(async () => {
  folder = await openTestFolder()
})
afterEach(() => folder.remove())

const LINES = Array.from({ length: 50_000 }, (_, index) => `${String(index)},name ${String(Math.sin(index))}`).join('\n')

test('a missing folder, and a file in its place, are refused by name', async () => {
  await expect(folder.read('*.csv', { settings: { folder: 'inbox' } })).rejects.toMatchObject({
    kind: 'mistake',
    code: 'source.no-folder',
    message: `There is no folder ${join(folder.path, 'inbox')}`,
  })
  await folder.write('inbox', 'x')
  await expect(folder.read('*.csv', { settings: { folder: 'inbox' } })).rejects.toMatchObject({
    message: `${join(folder.path, 'inbox')} is no folder`,
  })
})

test.each([
  ['a column without a name', 'id,,city\n1,2,3\n', 'column 2 of the header has no name'],
  ['a name that stands twice', 'id,name,id\n1,2,3\n', 'the header names “id” twice'],
  ['a name that differs by a space only', 'id, id\n1,2\n', 'the header names “id” twice'],
  ['a name of ours', 'id,line_number\n1,2\n', 'column 2 is called “line_number”'],
  ['a name that PostgreSQL would cut', `id,${'ä'.repeat(32)}\n1,2\n`, 'column 2 has a name of more than 63 bytes'],
])('%s in the header is refused before a row is handed over', async (_, contents, message) => {
  await folder.write('1.csv', 'id,name\n1,Ada\n')
  await folder.write('2.csv', contents)
  const rows: number[] = []
  await expect(folder.read('*.csv', { onRow: (count) => void rows.push(count) })).rejects.toMatchObject({
    kind: 'mistake',
    code: 'source.bad-header',
    message: expect.stringContaining(`2.csv: ${message}`) as unknown,
  })
  expect(rows).toEqual([])
})

test('gzip that ends too early or is damaged is refused before a row is handed over', async () => {
  const packed = gzipSync(`id,name\n${LINES}`)
  await folder.write('1.csv.gz', packed.subarray(0, packed.length / 2))
  const rows: number[] = []
  const read = (): Promise<unknown> => folder.read('*.gz', { onRow: (count) => void rows.push(count) })
  await expect(read()).rejects.toMatchObject({ kind: 'mistake', code: 'source.truncated-gzip' })
  packed.fill(0, 100_000, 100_200)
  await folder.write('1.csv.gz', packed)
  await expect(read()).rejects.toMatchObject({ code: 'source.corrupt-gzip', message: expect.not.stringContaining('imported') as unknown })
  expect(rows).toEqual([])
})

test('what cannot be read is refused by name, and a link to nothing or to a folder is no file', async () => {
  await symlink(folder.path, join(folder.path, 'folder.csv'))
  await symlink(join(folder.path, 'none'), join(folder.path, 'dangling.csv'))
  expect((await folder.read('*.csv')).note).toBe('no file matches *.csv')
  await symlink(join(folder.path, 'loop.csv'), join(folder.path, 'loop.csv'))
  await expect(folder.read('*.csv')).rejects.toMatchObject({
    code: 'source.unreadable',
    message: expect.stringContaining('loop.csv cannot be read') as unknown,
  })
})

test('a wrong delimiter and a workbook are told in the words of the source', async () => {
  await folder.write('1.csv', 'a|b\n1|2\n')
  await expect(folder.read('*.csv')).rejects.toMatchObject({
    code: 'source.wrong-delimiter',
    hint: expect.stringContaining('pack.yaml') as unknown,
  })
  await expect(folder.read('*.csv', { settings: { delimiter: ';' } })).rejects.toMatchObject({ code: 'source.wrong-delimiter' })
  await folder.write('1.csv', 'PK\x03\x04 …')
  await expect(folder.read('*.csv')).rejects.toMatchObject({ code: 'source.not-csv' })
})

test('an empty file is told and read when it has contents', async () => {
  await folder.write('1.csv', '')
  expect(await folder.read('*.csv')).toMatchObject({ read: 0, note: '1 file is empty' })
  await folder.write('1.csv', 'id,name\n1,Ada\n')
  expect(await folder.read('*.csv')).toMatchObject({ read: 1, isFull: true, note: '1 new file' })
})

test('a file that is written to while it is hashed is left for the next run', async () => {
  const path = await folder.write('1.csv', `id,name\n${LINES}\n`)
  await folder.write('0.csv', 'id,name\n1,Ada\n')
  let asked = 0
  // The clock is read for each file right before it is hashed.
  const clock = (): number => {
    asked += 1
    if (asked === 2) appendFileSync(path, '50000,last\n')
    return Date.now() + 3_600_000
  }
  const read = await folder.read('*.csv', { clock })
  expect(read).toMatchObject({ isFull: false, note: '1 new file, 1 file is being written and left for the next run' })
  expect(read.rows.map(({ name }) => name)).toEqual(['Ada'])
  expect((await folder.read('*.csv')).read).toBe(50_001)
})

test('a file that was just written to is left alone for the time to settle', async () => {
  await folder.write('1.csv', 'id,name\n1,Ada\n')
  const settings = { settle: '1 minute' }
  const early = await folder.read('*.csv', { settings, clock: () => Date.now() + 30_000 })
  expect(early).toMatchObject({ read: 0, note: '1 file is being written and left for the next run' })
  expect(await folder.read('*.csv', { settings, clock: () => Date.now() + 61_000 })).toMatchObject({ read: 1 })
})

test.each([
  ['longer', (path: string) => appendFile(path, '50000,last\n')],
  ['shorter', (path: string) => truncate(path, 600_000)],
  ['not there any more', (path: string) => rm(path)],
])('a file that is %s while its rows are handed over fails as worth another try', async (_, change) => {
  await folder.write('0.csv', 'id,name\n1,Ada\n')
  const path = await folder.write('1.csv', `id,name\n${LINES}\n`)
  const read = folder.read('*.csv', { onRow: (count) => (count === 1 ? change(path) : undefined) })
  await expect(read).rejects.toMatchObject({ kind: 'retry', code: 'source.file-changed', details: { file: path } })
})

test('the signal ends the reading', async () => {
  await folder.write('1.csv', `id,name\n${LINES}\n`)
  const controller = new AbortController()
  const seen: number[] = []
  const onRow = (count: number): void => {
    seen.push(count)
    if (count === 5) controller.abort()
  }
  await expect(folder.read('*.csv', { onRow, signal: controller.signal })).rejects.toMatchObject({ code: 'source.cancelled' })
  expect(seen.length).toBeLessThan(50_000)
  await expect(folder.read('*.csv', { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'source.cancelled' })
})

test('the settings refuse what they do not know', () => {
  const parse = (more: object): boolean => csvFolderSettings.safeParse({ kind: 'csv', folder: 'inbox', ...more }).success
  expect(parse({ delimiter: 'tab', encoding: 'utf-8', recursive: true, null_text: 'NULL', settle: '10 seconds' })).toBe(true)
  const wrong = [{ delimiter: 'x' }, { delimiter: ',,' }, { encoding: 'utf-16' }, { folder: '' }, { settle: 'soon' }, { pattern: '*.csv' }]
  expect(wrong.filter(parse)).toEqual([])
})
