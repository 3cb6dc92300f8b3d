/**
 * A shop's order lines for the first ten minutes: the same for the same seed and last day. It has what real shops have:
 * regulars and one-time buyers, seasons and weekends, cancellations, guest sales, and customers who move.
 */
import { createWriteStream } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { stringify } from 'csv-stringify'
import { uniformInt } from 'pure-rand/distribution/uniformInt'
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus'

export interface DemoOrdersRequest {
  file: string
  seed: number
  /** The last day with orders, milliseconds since 1970. */
  lastDay: number
  orders: number
  customers: number
}

const DAY = 86_400_000
const DAYS = 540
const QUALITIES = ['Oak', 'Linen', 'Copper', 'Glass', 'Enamel', 'Walnut', 'Cotton', 'Slate', 'Bamboo', 'Ceramic', 'Brass', 'Wool']
const THINGS: [string, string, number][] = [
  ['Lantern', 'Home', 1800],
  ['Tea Pot', 'Kitchen', 2400],
  ['Mug', 'Kitchen', 650],
  ['Candle', 'Home', 900],
  ['Notebook', 'Paper', 480],
  ['Basket', 'Home', 1500],
  ['Cushion', 'Textiles', 1950],
  ['Apron', 'Textiles', 1700],
  ['Tray', 'Kitchen', 1300],
  ['Clock', 'Home', 3900],
  ['Pencil Set', 'Paper', 390],
  ['Blanket', 'Textiles', 4200],
  ['Vase', 'Home', 2200],
  ['Board', 'Kitchen', 1600],
  ['Gift Wrap', 'Paper', 290],
]
const COUNTRIES = ['USA', 'USA', 'USA', 'UK', 'UK', 'Germany', 'Germany', 'France', 'Japan']
const HEADER = [
  'document_number',
  'product_id',
  'product_name',
  'category',
  'quantity',
  'unit_price',
  'ordered_at',
  'customer_id',
  'country',
]

type Draw = (low: number, high: number) => number
type Line = (string | number)[]

/** Everyone's habits follow from the number: no table of customers is needed, however many there are. */
function customerOf(number: number, day: number): { id: string; country: string } {
  const home = COUNTRIES[(number * 7) % COUNTRIES.length] ?? 'USA'
  const moves = number % 53 === 0 && day > 300
  return { id: `C${String(number).padStart(5, '0')}`, country: moves ? 'Germany' : home }
}

/** The product of two draws leans to small numbers: few regulars buy often, many buy once. */
function pickCustomer(draw: Draw, customers: number): number {
  return Math.floor((draw(0, 9_999) * draw(0, 9_999) * customers) / 100_000_000)
}

function pickProduct(draw: Draw): { id: string; name: string; category: string; price: number } {
  const [thing, category, price] = THINGS[Math.floor((draw(0, 99) * draw(0, 99) * THINGS.length) / 10_000)] ?? ['Mug', 'Kitchen', 650]
  const quality = draw(0, QUALITIES.length - 1)
  const name = `${QUALITIES[quality] ?? 'Oak'} ${thing}`
  return {
    id: `P${String(THINGS.findIndex(([known]) => known === thing) * 100 + quality).padStart(4, '0')}`,
    name,
    category,
    price: price + quality * 45,
  }
}

/** Later days and the weeks before Christmas see more orders. */
function pickDay(draw: Draw, lastDay: number): number {
  const day = Math.floor(DAYS * Math.sqrt(draw(0, 999_999) / 1_000_000))
  const month = new Date(lastDay - (DAYS - 1 - day) * DAY).getUTCMonth()
  return month >= 9 || draw(0, 9) < 7 ? day : pickDay(draw, lastDay)
}

function* orderLines({ seed, lastDay, orders, customers }: DemoOrdersRequest): Generator<Line> {
  const generator = xoroshiro128plus(seed)
  const draw: Draw = (low, high) => uniformInt(generator, low, high)
  const firstDay = Math.floor(lastDay / DAY) * DAY - (DAYS - 1) * DAY
  const days = Array.from({ length: orders }, () => pickDay(draw, lastDay)).sort((a, b) => a - b)
  for (const [order, day] of days.entries()) {
    const at = new Date(firstDay + day * DAY + draw(7 * 60, 21 * 60) * 60_000).toISOString()
    const customer = customerOf(pickCustomer(draw, customers), day)
    const guest = draw(0, 99) < 6
    const cancelled = draw(0, 99) < 2
    const document = `${cancelled ? 'C' : ''}${String(500_000 + order)}`
    for (let line = 0, lines = draw(1, 6); line < lines; line += 1) {
      const product = pickProduct(draw)
      const quantity = (cancelled ? -1 : 1) * (draw(0, 9) < 8 ? draw(1, 3) : draw(4, 24))
      yield [
        document,
        product.id,
        product.name,
        product.category,
        quantity,
        (product.price / 100).toFixed(2),
        at,
        guest ? '' : customer.id,
        customer.country,
      ]
    }
  }
}

/** Writes the orders as gzip-compressed CSV. */
export async function writeDemoOrders(request: DemoOrdersRequest): Promise<void> {
  await mkdir(dirname(request.file), { recursive: true })
  await pipeline(
    Readable.from(orderLines(request)),
    stringify({ header: true, columns: HEADER }),
    createGzip(),
    createWriteStream(request.file),
  )
}
