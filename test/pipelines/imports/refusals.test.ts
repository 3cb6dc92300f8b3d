import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { HEADER, line, withShop, type Options } from './shop.ts'

const shop = withShop()
const GOOD = [HEADER, line({}), ''].join('\n')

describe('columns', () => {
  test.each<[string, string, Options, object]>([
    [
      'a required field without a column names the file’s columns and a --map to copy',
      'Product,Anzahl,Price,Date\nP1,1,2,2011-01-01\n',
      {},
      {
        code: 'import.no-column',
        message: expect.stringMatching(/no column for “quantity”.*“Anzahl”/) as unknown,
        hint: 'Say which column it is, for example --map "Anzahl=quantity".',
      },
    ],
    [
      'an unknown field gets the nearest',
      GOOD,
      { map: ['Country=contry'] },
      { code: 'import.unknown-field', hint: expect.stringContaining('Did you mean “country”?') as unknown },
    ],
    [
      'an unknown column gets the nearest',
      GOOD,
      { map: ['Contry=category'] },
      { code: 'import.unknown-column', hint: expect.stringContaining('Did you mean “Country”?') as unknown },
    ],
    ['a --map without its sign says how it is written', GOOD, { map: ['Country'] }, { code: 'import.bad-map' }],
    [
      'two columns for one field are the person’s to choose',
      'Product,Item,Qty,Price,Date\na,b,1,2,2011-01-01\n',
      {},
      { code: 'import.two-columns', hint: 'Choose one: --map "Product=product_id".' },
    ],
    ['two --map for one field are refused', GOOD, { map: ['Product=product_id', 'Country=product_id'] }, { code: 'import.two-columns' }],
  ])('%s', async (_, contents, options, expected) => {
    expect(await shop.failure(await shop.file('columns.csv', contents), options)).toMatchObject({ kind: 'mistake', ...expected })
  })

  test('a --map settles two columns, and one that is asked for beats the one that is recognised', async () => {
    const file = await shop.file('chosen.csv', 'Product,Item,Qty,Price,Date\na,b,1,2,2011-01-01\n')
    expect(await shop.run(file, { map: ['Item=product_id'] })).toMatchObject({ loaded: 1, ignored_columns: ['Product'] })
    expect(await shop.rows('SELECT product_id FROM imported.order_lines')).toEqual([{ product_id: 'b' }])
  })

  test('header names are recognised whatever their case and punctuation', async () => {
    const file = await shop.file('names.csv', 'INVOICE-NO,"Stock Code",Unit Price,qty.,Invoice_Date\nD,P,1,2,2011-01-01\n')
    expect(await shop.run(file)).toMatchObject({ loaded: 1, ignored_columns: [] })
  })
})

test('a file that is none of the kind is given up after a thousand lines, quoted, with its rejects to read', async () => {
  const lines = Array.from({ length: 5000 }, (_, index) => line({ quantity: 'many', document: String(index) }))
  const file = await shop.file('wrong.csv', [HEADER, line({}), ...lines].join('\n'))
  const kept: number[] = []
  const failure = await shop.failure(
    file,
    {},
    {
      keepRejects: async (rejects) => {
        kept.push(rejects.count)
        await shop.warehouse.withTransaction((session) => rejects.save(session))
      },
    },
  )
  expect(failure).toMatchObject({
    code: 'import.wrong-format',
    kind: 'mistake',
    message: expect.stringContaining('quantity is not a plain number') as unknown,
  })
  expect(failure.details['first_lines']).toEqual([
    line({}),
    line({ quantity: 'many', document: '0' }),
    line({ quantity: 'many', document: '1' }),
  ])
  expect(kept).toEqual([999])
  expect(await shop.rows('SELECT count(*)::int AS n, min(row_number)::int AS first FROM quintile.rejects')).toEqual([{ n: 999, first: 2 }])
  expect(await shop.count()).toBe(0)
})

test('a short file of which no line is good is refused too, one good line saves it', async () => {
  const bad = line({ date: 'never' })
  expect(await shop.failure(await shop.file('bad.csv', [HEADER, bad, bad].join('\n')))).toMatchObject({ code: 'import.wrong-format' })
  expect(await shop.lines([bad, bad, line({})])).toMatchObject({ loaded: 1, rejected: 2 })
})

test('half a gzip imports nothing, wherever it is cut', async () => {
  const lines = Array.from({ length: 60_000 }, (_, index) =>
    line({ document: String(index), customer: String(Math.sin(index)).slice(2, 9) }),
  )
  const packed = gzipSync([HEADER, ...lines].join('\n'))
  for (const size of [30, packed.length >> 1, packed.length - 4]) {
    expect(await shop.failure(await shop.file('half.csv.gz', packed.subarray(0, size)))).toMatchObject({ code: 'import.truncated-gzip' })
  }
  expect(await shop.count()).toBe(0)
})

test('a missing file changes nothing and says so by name', async () => {
  expect(await shop.failure('/nowhere/orders.csv')).toMatchObject({
    kind: 'mistake',
    code: 'import.no-file',
    message: 'There is no file /nowhere/orders.csv',
  })
})

test('a target without its table says what to run', async () => {
  const file = await shop.file('no-table.csv', GOOD)
  const { declaration } = await shop.request(file)
  expect(await shop.failure(file, { declaration: { ...declaration, target: 'imported.nowhere' } })).toMatchObject({
    code: 'warehouse.no-table',
  })
})
