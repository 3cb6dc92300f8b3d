/** The whole half year, in one transaction: all tables or none. */
import type { Session } from '../../../warehouse/index.ts'
import { copyRows, type Cell } from '../copy-rows.ts'
import type { FillRequest, RowCounts } from '../generator.ts'
import { openNames } from '../names.ts'
import { bareTables } from './bare-tables.ts'
import { openCalendar } from './calendar.ts'
import { customerRows, daysOf, makeCustomers } from './customers.ts'
import { eventRows, sessionsExpected, type EventWorld } from './events.ts'
import { invoiceRows } from './invoices.ts'
import { itemRows, orderRows } from './orders.ts'
import { makeProducts, productRows, sellable } from './products.ts'
import { divide, toSizes } from './sizes.ts'
import { makeSubscriptions, subscriptionRows } from './subscriptions.ts'
import { COLUMNS, SOURCE, TABLES, type TableName } from './tables.ts'
import { makeTenants, tenantRow } from './tenants.ts'

/** Fills the eight tables. Errors: `demo.unknown-size`, `demo.bad-size`, those of the database. */
export async function fill(request: FillRequest): Promise<RowCounts> {
  if (request.scale === 'large')
    request.say('Large is about 2.85 million rows: a minute or more to fill, some more to copy, and up to 8 GB of disk.')
  const rows = makeRows(request)
  const database = await request.database(SOURCE)
  return database.withTransaction(async (session) => {
    const putBack = await bareTables(session, TABLES)
    const counts: RowCounts = {}
    for (const table of TABLES) {
      request.say(`Filling ${table} …`)
      const target = { table, columns: COLUMNS[table] }
      counts[`${SOURCE}.${table}`] = await copyRows(session, target, { rows: rows[table](), signal: request.signal })
    }
    request.say('Building keys and indexes …')
    await putBack()
    await analyze(session)
    return counts
  })
}

async function analyze(session: Session): Promise<void> {
  await session.script(`ANALYZE ${TABLES.join(', ')}`)
}

/** The rows of each table, made when they are asked for; the same request gives the same rows. */
export function makeRows({ seed, scale, sizes, until }: Pick<FillRequest, 'seed' | 'scale' | 'sizes' | 'until'>) {
  const asked = toSizes(scale, sizes)
  const names = openNames(seed)
  const calendar = openCalendar(until)
  const tenants = makeTenants(seed, asked.tenants, names)
  const shares = divide(asked, tenants)
  const customers = makeCustomers(seed, { calendar, tenants: shares })
  const products = makeProducts(seed, shares, names)
  const world: EventWorld = {
    ...{ seed, until, calendar, tenants, products: products.map(sellable), cities: names.cities, agents: names.userAgents },
    drawDay: daysOf(calendar, customers, ({ orders }) => orders),
    drawVisitDay: daysOf(calendar, customers, sessionsExpected),
  }
  const counts = shares.map(({ subscriptions }) => subscriptions)
  const subscriptions = makeSubscriptions({ seed, until, customers, counts })
  const ids = tenants.map(({ id }) => id)
  const rows: Record<TableName, () => Iterable<readonly Cell[]>> = {
    core_tenant: () => tenants.map((tenant) => tenantRow(tenant, calendar.startOf(0))),
    core_customer: () => customerRows(seed, customers, { tenants, names, until }),
    core_product: () => productRows(seed, products, { tenants, calendar, until }),
    core_subscription: () => subscriptionRows(subscriptions, ids),
    core_order: () => orderRows(world, customers),
    core_orderitem: () => itemRows(world, customers),
    core_event: () => eventRows(world, customers),
    core_invoice: () => invoiceRows({ seed, until }, subscriptions, ids),
  }
  return rows
}
