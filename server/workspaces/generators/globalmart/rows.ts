/** Visits as rows of the three tables of events. */
import type { Cell } from '../copy-rows.ts'
import type { Visit } from './session.ts'

const stamp = (moment: number): string => new Date(moment).toISOString()

/** A row, with the time at which it happened and the one at which it was written. */
export interface EventRow {
  at: number
  written: number
  cells: readonly Cell[]
}

export interface EventTable {
  table: 'transactions' | 'cart_events' | 'product_view_events'
  key: string
  time: 'transaction_timestamp' | 'event_timestamp'
  columns: readonly string[]
  /** @param number of the visit's first line, from which its lines are numbered on */
  rowsOf(visit: Visit, number: number): EventRow[]
}

const transactions: EventTable = {
  table: 'transactions',
  key: 'line_item_id',
  time: 'transaction_timestamp',
  columns: [
    ...['line_item_id', 'transaction_id', 'session_id', 'user_id', 'transaction_timestamp', 'product_id', 'product_name', 'category'],
    ...['quantity', 'unit_price', 'payment_method', 'country', 'created_at'],
  ],
  rowsOf: ({ id, user, country, cart, lines }, number) =>
    lines.map(({ at, written, product, quantity, payment, transaction }, index) => ({
      ...{ at, written },
      cells: [
        ...[number + index, `T${id.slice(1)}-${String(transaction + 1)}`, cart.length > 0 ? id : null, user, stamp(at)],
        ...[product.id, product.name, product.category, quantity, product.price, payment, country, stamp(written)],
      ],
    })),
}

const cartEvents: EventTable = {
  table: 'cart_events',
  key: 'event_id',
  time: 'event_timestamp',
  columns: [
    'event_id',
    'session_id',
    'user_id',
    'event_type',
    'event_timestamp',
    'product_id',
    'quantity',
    'unit_price',
    'country',
    'created_at',
  ],
  rowsOf: ({ id, user, country, cart }) =>
    cart.map(({ at, written, type, product, quantity }, index) => {
      const isWhole = type === 'checkout'
      const of = isWhole ? [null, quantity, 0] : [product.id, quantity, product.price]
      return { at, written, cells: [`C${id.slice(1)}-${String(index + 1)}`, id, user, type, stamp(at), ...of, country, stamp(written)] }
    }),
}

const views: EventTable = {
  table: 'product_view_events',
  key: 'event_id',
  time: 'event_timestamp',
  columns: [
    ...['event_id', 'session_id', 'user_id', 'event_type', 'event_timestamp', 'product_id', 'product_name', 'category', 'product_price'],
    ...['view_duration', 'search_query', 'view_source', 'device_type', 'country', 'created_at'],
  ],
  rowsOf: ({ id, user, country, views: seen }) =>
    seen.map(({ at, written, product, seconds, query, device }, index) => ({
      ...{ at, written },
      cells: [
        ...[`V${id.slice(1)}-${String(index + 1)}`, id, user, query === null ? 'view' : 'search', stamp(at)],
        ...[product.id, product.name, product.category, product.price, seconds, query],
        ...[device === 'desktop' ? 'web' : 'app', device, country, stamp(written)],
      ],
    })),
}

export const EVENT_TABLES: readonly EventTable[] = [transactions, cartEvents, views]
