/** Random lines, written in a random dialect, arrive as the same lines. */
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { withShop } from './shop.ts'

const shop = withShop()

interface Line {
  product: string
  name: string | null
  quantity: number
  price: number
  at: number
}

interface Dialect {
  delimiter: ',' | ';' | '\t'
  lineEnd: '\n' | '\r\n' | '\r'
  comma: boolean
  quoteAll: boolean
  encoding: 'utf8' | 'bom' | 'latin1'
  gzip: boolean
  date: 'iso' | 'zone' | 'dotted' | 'us'
  finalEnd: boolean
}

// Only letters that Latin-1 has too, and everything that a CSV can stumble over. Lone CRs would end lines in a CR file.
const word = fc.string({ unit: fc.constantFrom('a', 'B', '7', 'é', 'ß', ' ', ',', ';', '\t', '"', '\n', "'", '.'), maxLength: 12 })
const named = word.map((text) => (text.trim() === '' ? null : text))
const line: fc.Arbitrary<Line> = fc.record({
  product: word.map((text) => `p${text}`),
  name: named,
  quantity: fc.integer({ min: -99_999_999_999, max: 99_999_999_999 }),
  price: fc.integer({ min: -99_999_999, max: 999_999_999 }),
  at: fc.integer({ min: Date.UTC(1990, 0, 1) / 1000, max: Date.UTC(2050, 0, 1) / 1000 }),
})
const dialect: fc.Arbitrary<Dialect> = fc.record({
  delimiter: fc.constantFrom(',', ';', '\t'),
  lineEnd: fc.constantFrom('\n', '\r\n', '\r'),
  comma: fc.boolean(),
  quoteAll: fc.boolean(),
  encoding: fc.constantFrom('utf8', 'bom', 'latin1'),
  gzip: fc.boolean(),
  date: fc.constantFrom('iso', 'zone', 'dotted', 'us'),
  finalEnd: fc.boolean(),
})

function decimal(value: number, scale: number, { comma }: Dialect): string {
  const digits = String(Math.abs(value)).padStart(scale + 1, '0')
  return `${value < 0 ? '-' : ''}${digits.slice(0, -scale)}${comma ? ',' : '.'}${digits.slice(-scale)}`
}

function dateText(seconds: number, { date }: Dialect): string {
  const iso = new Date(seconds * 1000).toISOString()
  const [year = '', month = '', day = ''] = iso.slice(0, 10).split('-')
  const time = iso.slice(11, 19)
  if (date === 'zone') return `${new Date((seconds + 5400) * 1000).toISOString().slice(0, 19)}+01:30`
  if (date === 'dotted') return `${day}.${month}.${year} ${time}`
  if (date === 'us') return `${String(Number(month))}/${String(Number(day))}/${year} ${time}`
  return `${iso.slice(0, 10)} ${time}`
}

function written(lines: readonly Line[], how: Dialect): Buffer {
  const special = new RegExp(`["\\r\\n${how.delimiter}]`)
  const field = (text: string): string => (how.quoteAll || special.test(text) ? `"${text.replaceAll('"', '""')}"` : text)
  const rows = lines.map(({ product, name, quantity, price, at }) => [
    product,
    name ?? '',
    decimal(quantity, 3, how),
    decimal(price, 4, how),
    dateText(at, how),
  ])
  const text = [['product', 'name', 'quantity', 'price', 'date'], ...rows]
    .map((row) => row.map(field).join(how.delimiter))
    .join(how.lineEnd)
  const whole = how.finalEnd ? text + how.lineEnd : text
  const bytes = how.encoding === 'latin1' ? Buffer.from(whole, 'latin1') : Buffer.from(how.encoding === 'bom' ? `\ufeff${whole}` : whole)
  return how.gzip ? gzipSync(bytes) : bytes
}

interface Row {
  product: string
  name: string | null
  quantity: string
  price: string
  at: number
}

const SELECT = `SELECT product_id AS product, product_name AS name, quantity::text, unit_price::text AS price, extract(epoch FROM ordered_at)::float8 AS at
  FROM imported.order_lines ORDER BY line_id`

test('lines are the same in every dialect, and a second dialect brings nothing new', async () => {
  const point = { comma: false } as Dialect
  await fc.assert(
    fc.asyncProperty(fc.array(line, { minLength: 1, maxLength: 12 }), dialect, dialect, async (lines, first, second) => {
      await shop.warehouse.query('TRUNCATE imported.order_lines, quintile.imported_files, quintile.targets')
      const options = (how: Dialect) => ({
        encoding: how.encoding === 'latin1' ? ('windows-1252' as const) : ('utf-8' as const),
        delimiter: how.delimiter,
        decimal: how.comma ? ('comma' as const) : ('point' as const),
        dateOrder: 'mdy' as const,
      })
      const result = await shop.run(await shop.file('random.csv', written(lines, first)), options(first))
      expect(result).toMatchObject({ read: lines.length, loaded: lines.length, rejected: 0 })
      const expected = lines.map(({ product, name, quantity, price, at }) => ({
        product,
        name,
        quantity: decimal(quantity, 3, point),
        price: decimal(price, 4, point),
        at,
      }))
      expect(await shop.rows<Row>(SELECT)).toEqual(
        expected.map((row) => ({ ...row, quantity: plain(row.quantity), price: plain(row.price) })),
      )
      const again = await shop.run(await shop.file('again.csv', written(lines, second)), options(second))
      expect(again).toMatchObject({ lines: lines.length, already_imported: lines.length, loaded: 0 })
    }),
    { numRuns: 60 },
  )
})

/** PostgreSQL knows no negative zero. */
const plain = (text: string): string => (/^-0\.0+$/.test(text) ? text.slice(1) : text)
