import { expect, test } from 'vitest'
import { gzipSync } from 'node:zlib'
import { HEADER, line, NOW, withShop } from './shop.ts'

const shop = withShop()

test('what is read is loaded or rejected, each reject with its number, reason and text', async () => {
  const bad = ['D1,P1,Pen,1,2.5,2011-01-01', `${line({})},one,two`, line({ product: '' }), line({ quantity: 'six' })]
  const result = await shop.lines([line({}), ...bad, line({ product: 'P2' })])
  expect(result).toMatchObject({ lines: 6, already_imported: 0, read: 6, loaded: 2, rejected: 4 })
  expect(await shop.rows('SELECT job, row_number, reason, row_text FROM quintile.rejects ORDER BY row_number')).toEqual([
    { job: 'import orders', row_number: '2', reason: 'too few fields: 6 instead of 8', row_text: bad[0] },
    { job: 'import orders', row_number: '3', reason: 'too many fields: 10 instead of 8', row_text: bad[1] },
    { job: 'import orders', row_number: '4', reason: 'product_id is empty', row_text: bad[2] },
    { job: 'import orders', row_number: '5', reason: 'quantity is not a plain number', row_text: bad[3] },
  ])
  expect(await shop.rows('SELECT line_id, product_id FROM imported.order_lines ORDER BY line_id')).toEqual([
    { line_id: '1', product_id: 'P1' },
    { line_id: '2', product_id: 'P2' },
  ])
})

test('reasons are counted, the most frequent first, and notes count what is odd but loaded', async () => {
  const result = await shop.lines([
    line({ quantity: '-1' }),
    line({ price: '0' }),
    line({ customer: '' }),
    line({ quantity: 'x', customer: '' }),
    line({ date: 'x' }),
    line({ date: 'y' }),
  ])
  expect(result.rejects).toEqual([
    { reason: 'ordered_at is not a date', count: 2 },
    { reason: 'quantity is not a plain number', count: 1 },
  ])
  expect(result.notes).toEqual({ empty: { customer_id: 1 }, negative: { quantity: 1 }, zero: { unit_price: 1 } })
})

test('columns that no field wants are named', async () => {
  const file = await shop.file('more.csv', 'SKU,Qty,Price,Date,Colour,Warehouse\nP1,1,2,2011-01-01,red,north\n')
  expect(await shop.run(file)).toMatchObject({
    ignored_columns: ['Colour', 'Warehouse'],
    mapping: [
      { column: 'SKU', field: 'product_id' },
      { column: 'Qty', field: 'quantity' },
      { column: 'Price', field: 'unit_price' },
      { column: 'Date', field: 'ordered_at' },
    ],
  })
})

test('more rejects than fit in memory are all kept', async () => {
  const bad = Array.from({ length: 30_000 }, (_, index) => line({ quantity: `${String(index)}x`, name: 'n'.repeat(60) }))
  const good = Array.from({ length: 31_000 }, (_, index) => line({ document: String(index) }))
  const result = await shop.lines([...good, ...bad])
  expect(result).toMatchObject({ loaded: 31_000, rejected: 30_000 })
  expect(
    await shop.rows('SELECT count(*)::int AS n, min(row_number)::int AS first, max(row_number)::int AS last FROM quintile.rejects'),
  ).toEqual([{ n: 30_000, first: 31_001, last: 61_000 }])
})

test('rejects that cannot be kept stop the import with the folder and the remedy', async () => {
  const bad = Array.from({ length: 30_000 }, (_, index) => line({ quantity: `${String(index)}x`, name: 'n'.repeat(60) }))
  const file = await shop.file('spool.csv', [HEADER, ...Array.from({ length: 1000 }, () => line({})), ...bad].join('\n'))
  const before = process.env['TMPDIR']
  process.env['TMPDIR'] = '/nowhere/at/all'
  try {
    expect(await shop.failure(file)).toMatchObject({
      kind: 'mistake',
      code: 'import.spool-failed',
      hint: expect.stringContaining('TMPDIR') as unknown,
    })
  } finally {
    if (before === undefined) delete process.env['TMPDIR']
    else process.env['TMPDIR'] = before
  }
  expect(await shop.count()).toBe(0)
})

test('the target’s state says when it changed, how many rows it has and how new they are', async () => {
  await shop.lines([line({ date: '2011-05-06 07:08:09.5' }), line({ date: '2010-01-01' }), line({ date: 'x' })])
  expect(await shop.rows('SELECT target, changed_at, row_count, data_as_of FROM quintile.targets')).toEqual([
    {
      target: 'imported.order_lines',
      changed_at: new Date(NOW).toISOString().replace('T', ' ').replace('.000Z', '+00'),
      row_count: '2',
      data_as_of: '2011-05-06 07:08:09.5+00',
    },
  ])
})

test('a file with a header and no line is an import of nothing', async () => {
  expect(await shop.run(await shop.file('none.csv', `${HEADER}\n`))).toMatchObject({ lines: 0, read: 0, loaded: 0, rejected: 0 })
})

test('progress reaches the size of the file and the number of its lines', async () => {
  const packed = gzipSync([HEADER, ...Array.from({ length: 20_000 }, (_, index) => line({ document: String(index) }))].join('\n'))
  const moved: number[][] = []
  await shop.run(await shop.file('progress.csv.gz', packed), {}, { onProgress: (...numbers) => moved.push(numbers) })
  expect(moved.length).toBeGreaterThan(3)
  expect(moved.at(-1)?.slice(0, 2)).toEqual([packed.length, packed.length])
  expect(moved.at(-1)?.[2]).toBeGreaterThan(19_000)
})

test('what the caller adds is committed with the data, or undoes them', async () => {
  const file = await shop.file('commit.csv', [HEADER, line({})].join('\n'))
  const failure = await shop.failure(file, {}, { commit: async (session) => void (await session.query('SELECT 1 / 0')) })
  expect(failure.code).toBe('warehouse.bad-value')
  expect(await shop.count()).toBe(0)
  let seen = -1
  await shop.run(file, {}, { commit: async (_, result) => void (seen = result.loaded) })
  expect([seen, await shop.count()]).toEqual([1, 1])
})
