/** The winery's demo: CSV files in the inbox of the workspace, as its programs would export them. */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { openDice } from '../dice.ts'
import type { FillRequest, PackGenerator, RowCounts } from '../generator.ts'
import { openNames } from '../names.ts'
import { CONTACT_COLUMNS, drawContacts } from './contacts.ts'
import { writeCsv } from './csv-file.ts'
import { liveOn } from './live.ts'
import { CUSTOMER_COLUMNS, drawCustomers } from './people.ts'
import { openCellar } from './picker.ts'
import { drawSales, SALES_COLUMNS, writtenInFrench, writtenIso, type SaleLine } from './sales.ts'
import { noteSizes, sizesOf } from './sizes.ts'
import { drawWines, PRICE_BANDS, type Wine } from './wines.ts'

const DAY = 86_400_000
/** The new program's export begins so many days before the old one's ends: the days between stand in both. */
const OVERLAP_DAYS = 10

const PRODUCT_COLUMNS = [
  ...['product_key', 'product_label', 'family_crm', 'cepage', 'sucrosite_niveau', 'price_band', 'premium_tier'],
  ...['aroma_fruit', 'aroma_floral', 'aroma_spice', 'aroma_mineral', 'aroma_acidity', 'aroma_body', 'aroma_tannin'],
  ...['is_active', 'season_tags'],
]

/** Registered in ../index.ts. */
export const generator: PackGenerator = {
  scales: {
    small: 'about 1,500 customers and 14,000 sales lines',
    medium: 'about 15,000 customers and 140,000 sales lines',
    large: 'about 150,000 customers and 1,400,000 sales lines',
  },
  sizes: { customers: 'customers, duplicates among them', products: 'wines of the catalogue' },
  fill,
  live: liveOn,
}

async function fill({ folder, seed, scale, sizes: asked, until, signal, say }: FillRequest): Promise<RowCounts> {
  const sizes = sizesOf(scale, asked)
  const inbox = join(folder, 'inbox')
  await mkdir(inbox, { recursive: true })
  const wines = drawWines(openDice(seed, 'wines'), sizes.products)
  const file = (name: string, columns: readonly string[]) => ({
    ...{ folder: inbox, name, columns, signal },
    delimiter: ';' as const,
    at: until,
  })
  say(`Writing files of ${sizes.customers.toLocaleString('en')} customers …`)
  const products = await writeCsv(file('products.csv', PRODUCT_COLUMNS), wines.map(toProductRow))
  const customers = await writeCsv(
    file('customers.csv', CUSTOMER_COLUMNS),
    drawCustomers(openDice(seed, 'customers'), openNames(seed), sizes.customers),
  )
  const newest: SaleLine[] = []
  const since = Math.floor(until / DAY) - OVERLAP_DAYS
  const span = { customers: sizes.customers, until }
  const sales = await writeCsv(
    file('sales_lines.csv', SALES_COLUMNS),
    remember(drawSales(openDice(seed, 'sales'), openCellar(wines), span), { newest, since }),
  )
  const again = await writeCsv({ ...file('sales_lines_new_till.csv', SALES_COLUMNS), delimiter: ',' }, newest.map(writtenIso))
  const contacts = await writeCsv(file('contacts.csv', CONTACT_COLUMNS), drawContacts(openDice(seed, 'contacts'), span))
  await noteSizes(folder, sizes)
  return { 'inbox.products': products, 'inbox.customers': customers, 'inbox.sales_lines': sales + again, 'inbox.contacts': contacts }
}

function* remember(lines: Iterable<SaleLine>, { newest, since }: { newest: SaleLine[]; since: number }): Generator<(string | null)[]> {
  for (const line of lines) {
    if (line.day !== null && line.day >= since) newest.push(line)
    yield writtenInFrench(line)
  }
}

function toProductRow({ key, label, family, grape, sugar, tier, aromas, active, seasons }: Wine): (string | null)[] {
  const tastes = aromas.map((level) => (level === null ? null : String(level)))
  return [
    key,
    label,
    family,
    grape,
    sugar,
    PRICE_BANDS[tier] ?? 'BUDGET',
    String(tier),
    ...tastes,
    active ? 'oui' : 'non',
    seasons.join('|'),
  ]
}
