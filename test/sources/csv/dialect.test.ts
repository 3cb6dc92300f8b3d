import { Buffer } from 'node:buffer'
import { describe, expect, test } from 'vitest'
import { readHead, type CsvHead, type CsvWishes } from '../../../server/sources/csv/dialect.ts'

const head = (text: string | Buffer, wishes: CsvWishes = {}): CsvHead =>
  readHead({ bytes: Buffer.from(text), whole: true, path: 'orders.csv' }, wishes)

describe('the delimiter', () => {
  test.each([
    ['comma', 'a,b,c\n1,2,3\n', ','],
    ['semicolon', 'a;b;c\n1,5;2;3\n', ';'],
    ['tab', 'a\tb\tc\n1\t2;5\t3,5\n', '\t'],
    ['semicolon, though the header has more commas', '"a,b,c";d\n1;2\n3;4\n', ';'],
    ['comma inside quotes does not count', '"x;y;z",b\n"1;2;3",4\n', ','],
  ])('%s', (_, text, delimiter) => {
    expect(head(text).delimiter).toBe(delimiter)
  })

  test('a header of one column is refused with the delimiter that would fit', () => {
    expect(() => head('a|b|c\n1|2|3\n')).toThrow(
      expect.objectContaining({ code: 'import.wrong-delimiter', hint: 'Pass --delimiter pipe.' }),
    )
    expect(() => head('a;b\n1;2\n', { delimiter: 'comma' })).toThrow(
      expect.objectContaining({
        code: 'import.wrong-delimiter',
        hint: 'Pass --delimiter semicolon.',
        details: expect.objectContaining({ tried: 'comma' }) as unknown,
      }),
    )
    expect(() => head('only\n1\n')).toThrow(expect.objectContaining({ code: 'import.wrong-delimiter' }))
  })

  test('any other character can be asked for, but none that numbers and words are made of', () => {
    expect(head('a|b\n', { delimiter: '|' }).header).toEqual(['a', 'b'])
    expect(head('a\tb\n', { delimiter: 'tab' }).header).toEqual(['a', 'b'])
    expect(() => head('a,b\n', { delimiter: 'x' })).toThrow(expect.objectContaining({ code: 'import.bad-delimiter' }))
  })
})

test('the byte order mark of UTF-8 is no part of the first name', () => {
  const found = head('\ufeffname,b\nx,y\n')
  expect(found).toMatchObject({ header: ['name', 'b'], encoding: 'utf-8', dataStart: 10 })
})

test('header names may be in Windows-1252', () => {
  expect(head(Buffer.from('Größe;Stück\n1;2\n', 'latin1'))).toMatchObject({ header: ['Größe', 'Stück'], encoding: 'windows-1252' })
})

test('UTF-16 is refused with the way to convert it, with and without its mark', () => {
  const text = Buffer.from('name,quantity\nx,1\n', 'utf16le')
  expect(() => head(Buffer.concat([Buffer.from([0xff, 0xfe]), text]))).toThrow(expect.objectContaining({ code: 'import.utf-16' }))
  expect(() => head(text)).toThrow(expect.objectContaining({ code: 'import.utf-16' }))
})

test('a file of line ends only has no header', () => {
  expect(() => head('\n\n')).toThrow(expect.objectContaining({ code: 'import.empty-file' }))
})

test('a lone CR ends lines only where the header ends with one', () => {
  expect(head('a,b\rc,d\r').lineEnd).toBe('cr')
  expect(head('a,b\r\nc,d\r\n').lineEnd).toBe('lf')
  expect(head('a,b\nc,d\re\n').lineEnd).toBe('lf')
})
