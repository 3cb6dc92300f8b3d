import { Buffer } from 'node:buffer'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openTestFolder, type TestFolder } from './folder.ts'

let folder: TestFolder
beforeEach(async () => {
  folder = await openTestFolder()
})
afterEach(() => folder.remove())

test('files with different headers give all their columns in order of first appearance, and null where one is missing', async () => {
  await folder.write('1.csv', 'id,name\n1,Ada\n')
  await folder.write('2.csv', 'city,id\nBonn,2\n')
  const read = await folder.read('*.csv')
  expect(read.columns).toEqual(['id', 'name', 'city', 'file_name', 'line_number', 'file_modified_at'])
  expect(read.rows.map(({ id, name, city }) => [id, name, city])).toEqual([
    ['1', 'Ada', null],
    ['2', null, 'Bonn'],
  ])
})

test('a read with fewer files, or none, has the columns of all files before', async () => {
  await folder.write('1.csv', 'id,name\n1,Ada\n')
  const { columns } = await folder.read('*.csv')
  expect((await folder.read('*.csv')).columns).toEqual(columns)
  await folder.write('2.csv', 'id,city\n2,Bonn\n')
  const second = await folder.read('*.csv')
  expect(second.columns.slice(0, 3)).toEqual(['id', 'name', 'city'])
  expect(second.rows).toMatchObject([{ id: '2', name: null, city: 'Bonn' }])
})

test('a header that changes with the file is taken as it is now', async () => {
  await folder.write('1.csv', 'id,name\n1,Ada\n')
  await folder.read('*.csv')
  await folder.write('1.csv', 'id;name;vip\n1;Ada;yes\n')
  expect((await folder.read('*.csv')).rows).toMatchObject([{ id: '1', name: 'Ada', vip: 'yes' }])
})

test('broken lines are rejected whole with their line in the file, and the others are read', async () => {
  await folder.write('1.csv', '\nid,name\n\n1,"Ada\nLovelace"\n2\n3,Cem,x\n"4,open\n5,Eva\n')
  const read = await folder.read('*.csv')
  expect(read.rows.map(({ id, line_number }) => [id, line_number])).toEqual([
    ['1', '4'],
    ['5', '9'],
  ])
  expect(read.rejects).toEqual([
    { reason: 'too few fields: 1 instead of 2', text: '2', rowNumber: 6 },
    { reason: 'too many fields: 3 instead of 2', text: '3,Cem,x', rowNumber: 7 },
    { reason: 'a quote is opened and not closed', text: '"4,open', rowNumber: 8 },
  ])
  expect(read.read).toBe(5)
})

test('line numbers hold behind a line that is too long and in files of many pieces', async () => {
  const long = `1,${'x'.repeat(2_500_000)}`
  // The blank lines are more than a piece of 256 kB.
  const blank = Array<string>(200_000).fill('')
  const lines = Array.from({ length: 60_000 }, (_, index) => `${String(index)},name ${String(index)}`)
  await folder.write('1.csv', ['id,name', ...blank, ...lines, long, '7,"a\n\nb"', 'last,one'].join('\r\n'))
  const { rows, rejects } = await folder.read('*.csv')
  expect(rejects).toMatchObject([{ reason: 'the line is longer than 1 MiB', rowNumber: 260_002 }])
  expect(rows.every(({ id, line_number }, index) => index > 59_999 || Number(line_number) === Number(id) + 200_002)).toBe(true)
  expect(rows.slice(-2).map(({ id, name, line_number }) => [id, name, line_number])).toEqual([
    ['7', 'a\n\nb', '260003'],
    ['last', 'one', '260006'],
  ])
})

test('an empty field is null, quoted or not, and so is each text that the settings name', async () => {
  await folder.write('1.csv', 'id,name,city\n1,,""\n2,NULL,\\N\n')
  expect((await folder.read('*.csv', { position: null })).rows).toMatchObject([
    { name: null, city: null },
    { name: 'NULL', city: '\\N' },
  ])
  const named = await folder.read('*.csv', { position: null, settings: { null_text: ['NULL', '\\N'] } })
  expect(named.rows).toMatchObject([
    { name: '', city: '' },
    { name: null, city: null },
  ])
  expect((await folder.read('*.csv', { position: null, settings: { null_text: 'NULL' } })).rows[1]).toMatchObject({ name: null })
})

test('quotes, encodings and delimiters are those of each file', async () => {
  await folder.write('1.csv', Buffer.from('id;name\n1;"Müller; ""M"""\n', 'latin1'))
  await folder.write('2.csv', '\ufeffid\tname\n2\tŠárka\n')
  expect((await folder.read('*.csv')).rows.map(({ id, name }) => [id, name])).toEqual([
    ['1', 'Müller; "M"'],
    ['2', 'Šárka'],
  ])
})

test('the settings can fix delimiter and encoding', async () => {
  await folder.write('1.csv', Buffer.concat([Buffer.from('id|name\n1|Zo'), Buffer.from([0xc3, 0xab]), Buffer.from('\n')]))
  const settings = { delimiter: 'pipe', encoding: 'windows-1252' }
  expect((await folder.read('*.csv', { settings })).rows).toMatchObject([{ id: '1', name: 'ZoÃ«' }])
})

test('a line that is no text in the file’s encoding is rejected with the setting that may help', async () => {
  await folder.write('1.csv', Buffer.concat([Buffer.from('id,name\n1,Zoë\n2,Noël\n3,'), Buffer.from([0xff]), Buffer.from('\n4,a\0b\n')]))
  const { rows, rejects } = await folder.read('*.csv', { settings: { encoding: 'utf-8' } })
  expect(rows.map(({ name }) => name)).toEqual(['Zoë', 'Noël'])
  expect(rejects).toMatchObject([
    { reason: expect.stringContaining('encoding: windows-1252') as unknown, rowNumber: 4 },
    { reason: 'the line contains a NUL character', text: '4,a␀b', rowNumber: 5 },
  ])
})

test('a file of one column is read where the delimiter is given', async () => {
  await folder.write('ids.csv', '\ufeffid\n1\n2,5\n3\n')
  await expect(folder.read('*.csv')).rejects.toMatchObject({ code: 'source.wrong-delimiter' })
  const read = await folder.read('*.csv', { settings: { delimiter: ',' } })
  expect(read.rows).toMatchObject([{ id: '1', line_number: '2' }, { id: '3' }])
  expect(read.rejects).toMatchObject([{ text: '2,5', rowNumber: 3 }])
})
