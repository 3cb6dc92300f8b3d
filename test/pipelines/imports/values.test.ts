import { describe, expect, test } from 'vitest'
import { HEADER, line, withShop, type Options } from './shop.ts'

const shop = withShop()

/** What a date of the file becomes, or why it is rejected; a good line goes along, so that a reject is no failure. */
async function dateOf(text: string, options?: Options): Promise<string | undefined> {
  const result = await shop.lines([line({ date: '2000-01-01' }), line({ product: 'X', date: text })], options)
  if (result.rejected > 0) return result.rejects[0]?.reason
  return (
    await shop.rows<{ at: string }>(
      `SELECT to_char(ordered_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US') AS at FROM imported.order_lines WHERE product_id = 'X'`,
    )
  )[0]?.at
}

async function priceOf(text: string, options?: Options): Promise<string | undefined> {
  const result = await shop.lines([line({}), line({ product: 'X', price: text })], options)
  if (result.rejected > 0) return result.rejects[0]?.reason
  return (await shop.rows<{ price: string }>(`SELECT unit_price AS price FROM imported.order_lines WHERE product_id = 'X'`))[0]?.price
}

describe('dates', () => {
  test.each([
    ['2010-12-01 08:26:00', '2010-12-01 08:26:00.000000'],
    ['2010-12-01T08:26:00Z', '2010-12-01 08:26:00.000000'],
    ['2010-12-01T08:26:00.123456+02:00', '2010-12-01 06:26:00.123456'],
    ['2010-12-01 08:26:00.5-0530', '2010-12-01 13:56:00.500000'],
    ['2010-12-01 00:30+01', '2010-11-30 23:30:00.000000'],
    ['2010/12/01', '2010-12-01 00:00:00.000000'],
    ['01.12.2010 8:26', '2010-12-01 08:26:00.000000'],
    ['1.2.2010', '2010-02-01 00:00:00.000000'],
    ['12/31/2010 8:26 PM', '2010-12-31 20:26:00.000000'],
    ['31/12/2010 12:26 am', '2010-12-31 00:26:00.000000'],
    ['2012-02-29', '2012-02-29 00:00:00.000000'],
    ['2000-02-29', '2000-02-29 00:00:00.000000'],
    ['1999-12-31 23:59:59', '1999-12-31 23:59:59.000000'],
    [' 2010-12-01 08:26 ', '2010-12-01 08:26:00.000000'],
  ])('the date %s is read', async (text, expected) => {
    expect(await dateOf(text)).toBe(expected)
  })

  test.each([
    ['2011-02-30', 'ordered_at is a date that does not exist'],
    ['2011-02-29', 'ordered_at is a date that does not exist'],
    ['2100-02-29', 'ordered_at is a date that does not exist'],
    ['2011-13-01', 'ordered_at is a date that does not exist'],
    ['32.01.2011', 'ordered_at is a date that does not exist'],
    ['2011-01-01 24:00', 'ordered_at is a time that does not exist'],
    ['2011-01-01 10:60', 'ordered_at is a time that does not exist'],
    ['13/31/2011', 'ordered_at is a date that does not exist'],
    ['2011-01-01 10', 'ordered_at is not a date and time'],
    ['2011-01-01 10:00 soon', 'ordered_at is not a date and time'],
    ['2011-01-01T10:00:00+19:00', 'ordered_at has a time zone that does not exist'],
    ['yesterday', 'ordered_at is not a date'],
    ['01.12.10', 'ordered_at is not a date with a year of four digits'],
    ['0201-01-01', 'ordered_at is not between the years 1800 and 2200'],
    ['', 'ordered_at is empty'],
  ])('the date %s is rejected', async (text, reason) => {
    expect(await dateOf(text)).toBe(reason)
  })

  test('one decisive date settles day and month for the whole file, even when it comes last', async () => {
    const ambiguous = Array.from({ length: 20_000 }, (_, index) => line({ document: String(index), date: '3/4/2011 10:00' }))
    const result = await shop.lines([...ambiguous, line({ date: '25/4/2011 10:00' })])
    expect(result).toMatchObject({ loaded: 20_001, rejected: 0, dialect: { date_order: 'dmy' } })
    expect(await shop.rows(`SELECT DISTINCT extract(month FROM ordered_at)::int AS month FROM imported.order_lines`)).toEqual([
      { month: 4 },
    ])
  })

  test('dates that nothing decides are the person’s to decide', async () => {
    const file = await shop.file('ambiguous.csv', [HEADER, line({ date: '3/4/2011' }), line({ date: '4/5/2011' })].join('\n'))
    expect(await shop.failure(file)).toMatchObject({
      kind: 'mistake',
      code: 'import.ambiguous-dates',
      hint: expect.stringContaining('--date-order dmy') as unknown,
    })
    expect(await shop.run(file, { dateOrder: 'mdy' })).toMatchObject({ loaded: 2, dialect: { date_order: 'mdy' } })
    expect(await shop.rows(`SELECT to_char(ordered_at, 'MM-DD') AS day FROM imported.order_lines ORDER BY 1`)).toEqual([
      { day: '03-04' },
      { day: '04-05' },
    ])
  })
})

describe('numbers', () => {
  test.each([
    ['2.55', '2.5500'],
    ['-0.0001', '-0.0001'],
    ['+7', '7.0000'],
    ['.5', '0.5000'],
    ['5.', '5.0000'],
    ['0', '0.0000'],
    ['-0.00', '0.0000'],
    ['0012.5000000', '12.5000'],
    ['9999999999.9999', '9999999999.9999'],
    ['100000000', '100000000.0000'],
    ['10000', '10000.0000'],
    ['123456789', '123456789.0000'],
    [' 3.10 ', '3.1000'],
    ['"2.55"', '2.5500'],
  ])('the number %s is read', async (text, expected) => {
    expect(await priceOf(text)).toBe(expected)
  })

  test.each([
    ['1e3', 'unit_price is not a plain number'],
    ['-', 'unit_price is not a plain number'],
    ['.', 'unit_price is not a plain number'],
    ['5-', 'unit_price is not a plain number'],
    ['£5', 'unit_price is not a plain number'],
    ['NaN', 'unit_price is not a plain number'],
    ['1.23456', 'unit_price has more than 4 decimals'],
    ['12345678901', 'unit_price has more than 10 digits before the decimal mark'],
    ['1.234.567', 'unit_price has a thousands separator; write plain numbers'],
    ['"1,234.50"', 'unit_price has a thousands separator; write plain numbers'],
    ['"1,234"', 'unit_price has a comma, and the file’s decimal mark is the point; thousands separators are not read'],
    ['', 'unit_price is empty'],
  ])('the number %s is rejected', async (text, reason) => {
    expect(await priceOf(text)).toBe(reason)
  })

  test('a decimal comma is read where the file has one, and a point is refused there', async () => {
    const file = await shop.file(
      'comma.csv',
      [
        'Document;Product;Quantity;Price;Date',
        'D1;P1;1,5;2,55;2011-01-01',
        'D2;P2;-3;1.234,5;2011-01-01',
        'D3;P3;1;2.55;2011-01-01',
        '',
      ].join('\n'),
    )
    const result = await shop.run(file)
    expect(result).toMatchObject({ loaded: 1, rejected: 2, dialect: { decimal: 'comma', delimiter: ';' } })
    expect(await shop.rows('SELECT quantity, unit_price FROM imported.order_lines')).toEqual([{ quantity: '1.500', unit_price: '2.5500' }])
  })

  test('1,234 alone is not guessed at', async () => {
    const contents = ['Document;Product;Quantity;Price;Date', 'D1;P1;1;1,234;2011-01-01', 'D2;P2;1;7;2011-01-01', ''].join('\n')
    const file = await shop.file('thousand.csv', contents)
    expect((await shop.run(file)).rejects).toEqual([
      { reason: 'unit_price may mean thousands or a decimal comma; pass --decimal comma or --decimal point', count: 1 },
    ])
    expect((await shop.run(file, { decimal: 'comma' })).loaded).toBe(1)
    expect(await shop.rows(`SELECT unit_price FROM imported.order_lines WHERE product_id = 'P1'`)).toEqual([{ unit_price: '1.2340' }])
  })
})

describe('text', () => {
  test('text is kept as it is; empty and blank mean null', async () => {
    await shop.lines([line({ name: ' Pen  ', country: '' }), line({ name: '  ', customer: '' })])
    expect(await shop.rows('SELECT product_name, country, customer_id FROM imported.order_lines ORDER BY line_id')).toEqual([
      { product_name: ' Pen  ', country: null, customer_id: 'C1' },
      { product_name: null, country: 'France', customer_id: null },
    ])
  })

  test('17850.0 is customer 17850, and nothing else loses its end', async () => {
    const given = ['17850.0', '17850.00', '17850.5', 'A1.0', '.0', '100', '1.0.0', '170']
    await shop.lines(given.map((customer) => line({ customer })))
    const rows = await shop.rows<{ customer_id: string }>('SELECT customer_id FROM imported.order_lines ORDER BY line_id')
    expect(rows.map((row) => row.customer_id)).toEqual(['17850', '17850', '17850.5', 'A1.0', '.0', '100', '1.0.0', '170'])
  })

  test('a field longer than 10,000 characters is rejected, one of 10,000 is not, whatever its bytes', async () => {
    const result = await shop.lines([
      line({ name: '€'.repeat(10_000) }),
      line({ name: '€'.repeat(10_001) }),
      line({ name: 'x'.repeat(50_000) }),
    ])
    expect(result).toMatchObject({ loaded: 1, rejects: [{ reason: 'product_name is longer than 10,000 characters', count: 2 }] })
    expect(await shop.rows('SELECT length(product_name) AS n FROM imported.order_lines')).toEqual([{ n: 10_000 }])
  })

  test('a NUL and a lone surrogate are rejected, and their lines can be read', async () => {
    const bytes = Buffer.from([HEADER, line({ name: 'é' }), line({ name: 'a\0b' }), line({ name: 'surrogate' }), ''].join('\n'))
    const at = bytes.indexOf('surrogate')
    bytes.set([0xed, 0xa0, 0x80], at)
    const result = await shop.run(await shop.file('nul.csv', bytes))
    expect(result).toMatchObject({ loaded: 1, rejected: 2, dialect: { encoding: 'utf-8' } })
    expect(await shop.rows('SELECT row_number, reason, row_text FROM quintile.rejects ORDER BY row_number')).toEqual([
      { row_number: '2', reason: 'the line contains a NUL character', row_text: line({ name: 'a\u2400b' }) },
      {
        row_number: '3',
        reason: 'the line is not valid UTF-8 (for a Latin-1 file pass --encoding latin1)',
        row_text: expect.stringContaining('rogate') as unknown,
      },
    ])
  })

  test.each([
    ['found out', {}],
    ['asked for', { encoding: 'windows-1252' as const }],
  ])('Latin-1 is read when it is %s, in every field of the file', async (_, options) => {
    const file = await shop.file(
      'latin.csv',
      Buffer.from(
        [HEADER, line({ name: 'plain' }), line({ name: 'Crème "brûlée"' }), line({ name: '"Größe ""M"""', country: 'Österreich' })].join(
          '\n',
        ),
        'latin1',
      ),
    )
    expect(await shop.run(file, options)).toMatchObject({ loaded: 3, dialect: { encoding: 'windows-1252' } })
    expect(await shop.rows('SELECT product_name, country FROM imported.order_lines ORDER BY line_id')).toEqual([
      { product_name: 'plain', country: 'France' },
      { product_name: 'Crème "brûlée"', country: 'France' },
      { product_name: 'Größe "M"', country: 'Österreich' },
    ])
  })

  test('the euro sign and curly quotes of Windows-1252 are read', async () => {
    const bytes = Buffer.from([HEADER, line({ name: 'EURO' }), ''].join('\n'))
    bytes.set([0x80, 0x93, 0x41, 0x94], bytes.indexOf('EURO'))
    await shop.run(await shop.file('cp1252.csv', bytes))
    expect(await shop.rows('SELECT product_name FROM imported.order_lines')).toEqual([{ product_name: '€“A”' }])
  })
})
