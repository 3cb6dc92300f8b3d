/** Fills the empty source: events by COPY, windows from the events. */
import { copyRows, type Cell } from '../copy-rows.ts'
import type { FillRequest, RowCounts } from '../generator.ts'
import { visitsOfTime } from './days.ts'
import { EVENT_TABLES, type EventTable } from './rows.ts'
import { openShop, type Shop } from './shop.ts'
import { toSizes } from './sizes.ts'
import { refreshWindows } from './windows.ts'

/** All in one transaction: an interrupted filling leaves nothing. */
export async function fill({ database, seed, scale, sizes: asked, until, signal, say }: FillRequest): Promise<RowCounts> {
  const sizes = toSizes(scale, asked)
  const shop = openShop(seed, sizes, until)
  const source = await database('realtime')
  say(`Writing about ${sizes.events.toLocaleString('en')} events …`)
  return source.withTransaction(async (session) => {
    const settings = Object.entries({ ...sizes, until }).map(([name, value]): [string, number] => [name, value])
    await copyRows(session, { table: 'stream_settings', columns: ['name', 'value'] }, { rows: settings, signal })
    const counts: RowCounts = {}
    for (const { table, columns, rowsOf } of EVENT_TABLES)
      counts[`realtime.${table}`] = await copyRows(session, { table, columns }, { rows: cellsOf(shop, seed, rowsOf), signal })
    await session.script('ANALYZE')
    const windows = await refreshWindows(session, { from: shop.from, to: shop.until })
    await session.script('ANALYZE')
    return { ...counts, ...windows }
  })
}

/** One pass over all visits for each table: the rows of one are never in memory together with those of another. */
function* cellsOf(shop: Shop, seed: number, rowsOf: EventTable['rowsOf']): Generator<readonly Cell[]> {
  let number = 1
  for (const visit of visitsOfTime(shop, seed)) {
    const rows = rowsOf(visit, number)
    number += rows.length
    for (const row of rows) yield row.cells
  }
}
