import { Buffer } from 'node:buffer'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fieldText, RecordScanner, type CsvDialect } from '../../../server/sources/csv/index.ts'
import { MAX_RECORD } from '../../../server/sources/csv/records.ts'

interface Read {
  fields: string[]
  problem: string | null
}

/** All records of a text that comes in pieces of `size` bytes. */
function read(text: string, { delimiter = ',', lineEnd = 'lf', size = 1 << 18 }: Partial<CsvDialect> & { size?: number } = {}): Read[] {
  const scanner = new RecordScanner(delimiter.charCodeAt(0), lineEnd)
  const bytes = Buffer.from(text)
  const records: Read[] = []
  const take = (): void => {
    while (scanner.next()) {
      const fields = Array.from({ length: scanner.count }, (_, index) => fieldText(scanner, index, 'utf-8'))
      records.push({ fields: scanner.problem === null ? fields : [scanner.record().toString().slice(0, 60)], problem: scanner.problem })
    }
  }
  for (let at = 0; at < bytes.length; at += size) {
    scanner.feed(bytes.subarray(at, at + size), false)
    take()
  }
  scanner.feed(Buffer.alloc(0), true)
  take()
  return records
}

const fieldsOf = (text: string, options: Parameters<typeof read>[1] = {}): string[][] => read(text, options).map(({ fields }) => fields)

test('LF and CRLF end a line, and the last line needs no end', () => {
  expect(fieldsOf('a,b\r\nc,d\ne,f')).toEqual([
    ['a', 'b'],
    ['c', 'd'],
    ['e', 'f'],
  ])
  expect(fieldsOf('a,b\r\nc,"d"\r\n')).toEqual([
    ['a', 'b'],
    ['c', 'd'],
  ])
})

test('CR alone ends a line where the file is written so, and is contents elsewhere', () => {
  expect(fieldsOf('a,b\rc,d\r', { lineEnd: 'cr' })).toEqual([
    ['a', 'b'],
    ['c', 'd'],
  ])
  expect(fieldsOf('a,b\rc,d\n')).toEqual([['a', 'b\rc', 'd']])
})

test('quotes keep delimiters, line ends and doubled quotes', () => {
  expect(fieldsOf('"a,b","c\nd","e ""f"""\n"",x,"y"\n')).toEqual([
    ['a,b', 'c\nd', 'e "f"'],
    ['', 'x', 'y'],
  ])
})

test('a quote inside an unquoted field is an ordinary character', () => {
  expect(fieldsOf('12" ruler,x\n')).toEqual([['12" ruler', 'x']])
})

test('lines without any byte are passed over, an empty last field is a field', () => {
  expect(fieldsOf('a,b\n\n\r\nc,\n')).toEqual([
    ['a', 'b'],
    ['c', ''],
  ])
})

test('a quote that is never closed costs its own line only', () => {
  expect(read('a,b\n"c,d\ne,f\ng,h\n')).toEqual([
    { fields: ['a', 'b'], problem: null },
    { fields: ['"c,d'], problem: 'a quote is opened and not closed' },
    { fields: ['e', 'f'], problem: null },
    { fields: ['g', 'h'], problem: null },
  ])
})

test('a quote that closes in the middle of a field costs its own line only', () => {
  expect(read('"12 inch,1\nb,"two"\nc,d\n').map(({ fields, problem }) => problem ?? fields)).toEqual([
    'there is text behind a closing quote',
    ['b', 'two'],
    ['c', 'd'],
  ])
})

test('a line longer than a megabyte is one reject, and reading goes on behind it', () => {
  const long = `x,${'y'.repeat(2 * MAX_RECORD)}`
  const records = read(`a,b\n${long}\nc,d\n`, { size: 100_000 })
  expect(records.map(({ problem }) => problem)).toEqual([null, 'the line is longer than 1 MiB', null])
  expect(records[2]?.fields).toEqual(['c', 'd'])
})

test('an open quote is not followed for more than a megabyte', () => {
  const rest = Array.from({ length: 200_000 }, (_, index) => `p,${String(index)}`)
  const records = read(`"a,b\n${rest.join('\n')}\n`, { size: 50_000 })
  expect(records.length).toBe(200_001)
  expect(records.filter(({ problem }) => problem !== null).length).toBe(1)
})

test('records are the same however the bytes are cut into pieces', () => {
  const field = fc.string({ unit: fc.constantFrom('a', 'é', '"', ',', '\n', '\r', ' ', ';'), maxLength: 6 })
  fc.assert(
    fc.property(
      fc.array(fc.array(field, { minLength: 2, maxLength: 4 }), { minLength: 1, maxLength: 8 }),
      fc.integer({ min: 1, max: 9 }),
      (rows, size) => {
        const text = rows.map((row) => row.map((value) => `"${value.replaceAll('"', '""')}"`).join(',')).join('\r\n')
        expect(fieldsOf(text, { size })).toEqual(rows)
      },
    ),
  )
})
