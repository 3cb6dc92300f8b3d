/** The winery's programs go on exporting: new documents, contacts, customers and changes of theirs, and now and then a file once more, corrected. */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parse } from 'csv-parse/sync'
import { openDice, type Dice } from '../dice.ts'
import type { LiveRequest, RowCounts } from '../generator.ts'
import { openNames, type Names } from '../names.ts'
import { CONTACT_COLUMNS, toContact, type ContactRow } from './contacts.ts'
import { writeCsv } from './csv-file.ts'
import { codeOf, CUSTOMER_COLUMNS, drawStranger, toRow, type CustomerRow } from './people.ts'
import { openCellar, type Cellar } from './picker.ts'
import { drawDocument, SALES_COLUMNS, writtenIso, type SaleLine } from './sales.ts'
import { readSizes, type Sizes } from './sizes.ts'
import { drawWines } from './wines.ts'

const DAY = 86_400_000
const MINUTE = 60_000
/** Orders of some days ago that are exported only now. */
const LATE_DAYS = 9

interface Arrivals {
  sales: (string | null)[][]
  contacts: ContactRow[]
  customers: CustomerRow[]
}

/** Drawing the pools takes as long as a hundred ticks of what is made with them. */
const pools = new Map<number, Names>()

function namesOf(seed: number): Names {
  const names = pools.get(seed) ?? openNames(seed)
  pools.set(seed, names)
  return names
}

/** Writes the files of one piece of time, named by its beginning, so that the same piece writes the same files. */
export async function liveOn({ folder, seed, from, to, rate, signal }: LiveRequest): Promise<RowCounts> {
  const inbox = join(folder, 'inbox')
  const sizes = await readSizes(folder)
  const dice = openDice(seed, `live/${String(from)}`)
  const arrivals = drawArrivals(dice, {
    sizes,
    from,
    count: Math.round((rate * (to - from)) / MINUTE),
    names: namesOf(seed),
    cellar: openCellar(drawWines(openDice(seed, 'wines'), sizes.products)),
  })
  const stamp = new Date(from).toISOString().replaceAll(/[-:]|\.\d+Z/g, '')
  const counts: RowCounts = {}
  const write = async (kind: keyof Arrivals, file: string, columns: readonly string[]): Promise<void> => {
    if (arrivals[kind].length === 0) return
    const name = `${file}_${stamp}.csv`
    counts[`inbox.${file}`] = await writeCsv({ folder: inbox, name, columns, delimiter: ',', at: to, signal }, arrivals[kind])
  }
  await write('customers', 'customers', CUSTOMER_COLUMNS)
  await write('sales', 'sales_lines', SALES_COLUMNS)
  await write('contacts', 'contacts', CONTACT_COLUMNS)
  if (dice.chance(0.2)) {
    const corrected = await correctOne(dice, { inbox, before: `sales_lines_${stamp}.csv`, to, signal })
    if (corrected > 0) counts['inbox.corrected_sales_lines'] = corrected
  }
  return counts
}

interface Drawing {
  sizes: Sizes
  from: number
  count: number
  names: Names
  cellar: Cellar
}

function drawArrivals(dice: Dice, { sizes, from, count, names, cellar }: Drawing): Arrivals {
  const arrivals: Arrivals = { sales: [], contacts: [], customers: [] }
  const today = Math.floor(from / DAY)
  for (let change = 0; change < count; change += 1) {
    const customer = codeOf(dice.int(1, sizes.customers))
    const kind = dice.weighted([60, 22, 8, 10])
    // The second in which the piece begins, and the number within it: no other document has this name.
    if (kind === 0)
      for (const line of drawOrder(dice, cellar, { customer, today, document: Math.floor(from / 1000) * 1000 + change }))
        arrivals.sales.push(writtenIso(line))
    if (kind === 1)
      arrivals.contacts.push(
        toContact(dice, { customer, day: today, channel: dice.chance(0.8) ? 'EMAIL' : 'SMS', campaign: `LIVE-${String(today)}` }),
      )
    if (kind === 2)
      arrivals.customers.push(toRow(`L${String(Math.floor(from / 1000))}-${String(change)}`, drawStranger(dice, names, change), dice))
    if (kind === 3) arrivals.customers.push(drawMove(dice, names, customer))
  }
  return arrivals
}

function drawOrder(
  dice: Dice,
  cellar: Cellar,
  { customer, today, document }: { customer: string; today: number; document: number },
): Iterable<SaleLine> {
  const day = today - (dice.chance(0.2) ? dice.int(1, LATE_DAYS) : 0)
  return drawDocument(dice, cellar, { customer, day, document, favourite: cellar.drawFamily(dice), faithful: 0.5 })
}

/** A customer who moved: phone and address are new, the other cells are empty and change nothing. */
function drawMove(dice: Dice, names: Names, customer: string): CustomerRow {
  const { phone, address, postal, city } = drawStranger(dice, names, 0)
  return [customer, null, null, null, phone, address, postal, city, null, dice.chance(0.1) ? 'oui' : null]
}

/** The newest earlier live export once more: one line with another quantity, lines of cancelled documents left out. Doing it twice changes nothing more. */
async function correctOne(
  dice: Dice,
  { inbox, before, to, signal }: { inbox: string; before: string; to: number; signal: AbortSignal },
): Promise<number> {
  const names = (await readdir(inbox)).filter((name) => /^sales_lines_\d{8}T\d{6}\.csv$/.test(name) && name < before).sort()
  const name = names.at(-1)
  if (name === undefined) return 0
  const rows: string[][] = parse(await readFile(join(inbox, name), 'utf8'), { from_line: 2 })
  const cancelled = dice.int(0, 9)
  const kept = rows.filter(([, , document = ''], place) => place === 0 || Number(document.at(-1)) !== cancelled)
  const corrected = kept.map((row, place) => (place === 0 ? row.with(5, '18') : row))
  return writeCsv({ folder: inbox, name, columns: SALES_COLUMNS, delimiter: ',', at: to, signal }, corrected)
}
