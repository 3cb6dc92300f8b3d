import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { HEADER, line, withShop } from './shop.ts'

const shop = withShop()

const many = (count: number, from = 0): string[] =>
  Array.from({ length: count }, (_, index) => line({ document: `D${String(from + index)}` }))
const text = (lines: readonly string[]): string => [HEADER, ...lines, ''].join('\n')

test('the same file again loads nothing and reads nothing', async () => {
  const file = await shop.file('same.csv', text([...many(1000), line({ quantity: 'x' })]))
  expect(await shop.run(file)).toMatchObject({ lines: 1001, loaded: 1000, rejected: 1 })
  expect(await shop.run(file)).toMatchObject({ lines: 1001, already_imported: 1001, read: 0, loaded: 0, rejected: 0, rejects: [] })
  expect(await shop.count()).toBe(1000)
  expect(await shop.rows('SELECT count(*)::int AS n FROM quintile.rejects')).toEqual([{ n: 1 }])
})

test('a file that has grown is read from its former end, packed or not', async () => {
  const lines = many(30_000)
  await shop.run(await shop.file('grown.csv', text([line({ price: '?' }), ...lines])))
  // A line that the file had already is a second sale of the same thing, not a repetition.
  const more = [...many(500, 30_000), lines[0] ?? '', line({ price: '?' })]
  const result = await shop.run(await shop.file('grown.csv.gz', gzipSync(text([line({ price: '?' }), ...lines, ...more]))))
  expect(result).toMatchObject({ lines: 30_503, already_imported: 30_001, read: 502, loaded: 501, rejected: 1 })
  expect(await shop.rows(`SELECT line_id FROM imported.order_lines WHERE document_number = 'D0' ORDER BY line_id`)).toEqual([
    { line_id: '1' },
    { line_id: '30501' },
  ])
  expect(await shop.rows('SELECT max(line_id)::int AS id, count(DISTINCT line_id)::int AS ids FROM imported.order_lines')).toEqual([
    { id: 30_501, ids: 30_501 },
  ])
})

test('a file that grows again and again keeps count', async () => {
  for (const size of [10, 25, 25, 60]) {
    const before = await shop.count()
    const result = await shop.run(await shop.file('steps.csv', text(many(size))))
    expect(result).toMatchObject({ lines: size, already_imported: before, loaded: size - before })
  }
})

test('growth inside the last line is not taken for a new line', async () => {
  await shop.run(await shop.file('cut.csv', `${HEADER}\n${line({})}\n${line({ country: 'United King' })}`))
  const result = await shop.run(await shop.file('cut.csv', text([line({}), line({ country: 'United Kingdom' })])))
  expect(result).toMatchObject({ lines: 2, already_imported: 1, loaded: 1 })
})

test('a last line without its end is whole when a line end follows', async () => {
  await shop.run(await shop.file('end.csv', `${HEADER}\n${line({})}`))
  expect(await shop.run(await shop.file('end.csv', text([line({}), line({ product: 'P2' })])))).toMatchObject({
    already_imported: 1,
    read: 1,
    loaded: 1,
  })
})

test('a quote left open at the end is read again when the file has grown', async () => {
  await shop.run(await shop.file('open.csv', `${HEADER}\n${line({})}\n${line({ name: '"two' })}\n`))
  const result = await shop.run(
    await shop.file('open.csv', `${HEADER}\n${line({})}\n${line({ name: '"two' })}\nrows",1,2.5,2011-03-04,C1,France\n`),
  )
  expect(result).toMatchObject({ lines: 2, already_imported: 1 })
})

test('overlapping exports load each line once, and a repeated line as often as one file has it', async () => {
  const twice = line({ document: 'TWICE' })
  expect(await shop.lines([...many(100), twice, twice])).toMatchObject({ loaded: 102 })
  expect(await shop.lines([twice, ...many(100, 50), twice, twice])).toMatchObject({
    lines: 103,
    already_imported: 52,
    read: 51,
    loaded: 51,
  })
  expect(await shop.count()).toBe(153)
  expect(await shop.rows(`SELECT count(*)::int AS n FROM imported.order_lines WHERE document_number = 'TWICE'`)).toEqual([{ n: 3 }])
  expect(await shop.rows('SELECT max(line_id)::int AS id, count(DISTINCT line_id)::int AS ids FROM imported.order_lines')).toEqual([
    { id: 153, ids: 153 },
  ])
})

test('the same lines in another dialect are the same lines', async () => {
  await shop.lines([line({ name: 'Größe', price: '2.50', customer: '17.0' }), line({ product: 'P2', date: '2011-03-25 10:00:00' })])
  const other = [
    'Date;Customer;Document;Product;Description;Quantity;Price;Country',
    '4/3/2011 5:06:07;17;D1;P1;"Größe";1,0;2,5;France',
    '25/3/2011 10:00;C1;D1;P2;Pen;1;2,5;France',
  ]
  expect(await shop.run(await shop.file('other.csv', Buffer.from(other.join('\r\n'), 'latin1')))).toMatchObject({
    lines: 2,
    already_imported: 2,
    loaded: 0,
  })
})

describe('what was imported before counts only while it is there', () => {
  test('a target that somebody emptied is filled again', async () => {
    const file = await shop.file('emptied.csv', text(many(20)))
    await shop.run(file)
    await shop.warehouse.query('TRUNCATE imported.order_lines')
    expect(await shop.run(file)).toMatchObject({ loaded: 20, already_imported: 0 })
  })

  test('lines that somebody deleted come back', async () => {
    const file = await shop.file('deleted.csv', text(many(20)))
    await shop.run(file)
    await shop.warehouse.query(`DELETE FROM imported.order_lines WHERE document_number = 'D3'`)
    expect(await shop.run(file)).toMatchObject({ loaded: 1, already_imported: 19 })
    expect(await shop.run(file)).toMatchObject({ loaded: 0, read: 0 })
  })

  test('another mapping makes other lines, so nothing is passed over', async () => {
    const file = await shop.file('mapping.csv', text(many(20)))
    await shop.run(file)
    expect(await shop.run(file, { map: ['Country=category'] })).toMatchObject({ already_imported: 0, loaded: 20 })
  })

  test('a grown file is compared line by line when the target holds other lines too', async () => {
    const file = await shop.file('two.csv', text(many(20)))
    await shop.run(file)
    await shop.lines(many(5, 20))
    expect(await shop.run(await shop.file('two.csv', text(many(30))))).toMatchObject({ lines: 30, already_imported: 25, loaded: 5 })
  })

  test('an import that failed is not a known file', async () => {
    const file = await shop.file('failed.csv', text(many(20)))
    await shop.failure(file, {}, { commit: async () => Promise.reject(new Error('no')) })
    expect(await shop.run(file)).toMatchObject({ loaded: 20, already_imported: 0 })
  })
})
