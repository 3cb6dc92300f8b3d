/** Visits, orders and what becomes of them, prices and stock, while the shop lives on. */
import { sessionRows } from './events.ts'
import { drawId } from './ids.ts'
import { changeRows, insertRows, pickRow, type Change, type Tick } from './live-tick.ts'
import { sums, type Line } from './orders.ts'
import { pickProducts, type Product } from './products.ts'
import { drawDepth, drawPause, drawVisitor, stepsOf, type Visit } from './visits.ts'

const MINUTE = 60_000
/** Long enough a customer for the longest visit to lie behind the registration. */
const SETTLED = "t.created_at < $MOMENT - interval '50 minutes'"
/** Orders that arrive some minutes after they were placed: a till that was without a network. */
const LATE = { share: 0.15, minutes: 9 }

interface Shopper {
  id: string
  tenant_id: string
  country: string
}

async function pickShopper(tick: Tick): Promise<Shopper | undefined> {
  const moment = `timestamptz '${new Date(tick.moment).toISOString()}'`
  return pickRow<Shopper>(tick, {
    table: 'core_customer',
    columns: "t.id, t.tenant_id, coalesce(t.metadata ->> 'country', 'US') AS country",
    where: `t.is_active AND ${SETTLED.replace('$MOMENT', moment)}`,
  })
}

async function readProducts({ session }: Tick, tenant: string): Promise<Product[]> {
  const { rows } = await session.query<{ id: string; name: string; category: string; price: string; stock: number }>(
    `SELECT id, name, category, price::text, stock_quantity AS stock FROM core_product
     WHERE tenant_id = $1 AND is_active AND stock_quantity >= 3 ORDER BY id LIMIT 200`,
    [tenant],
  )
  return rows.map((row) => ({ ...row, price: Math.round(Number(row.price)), isActive: true }))
}

/** Somebody looks around and buys nothing. */
export const visit: Change = async (tick) => {
  const shopper = await pickShopper(tick)
  if (shopper === undefined) return
  const products = await readProducts(tick, shopper.tenant_id)
  const customer = tick.dice.chance(0.3) ? null : shopper.id
  await insertVisit(tick, { depth: drawDepth(tick.dice), products }, { tenant: shopper.tenant_id, customer, end: tick.moment })
}

async function insertVisit(tick: Tick, asked: Visit, who: { tenant: string; customer: string | null; end: number }): Promise<void> {
  const { dice, names } = tick
  const steps = stepsOf(dice, asked)
  let at = who.end
  const times = steps.map((_, place) => (place === 0 ? at : (at -= drawPause(dice)))).reverse()
  const visitor = drawVisitor(dice, names.userAgents)
  await insertRows(tick, 'core_event', [...sessionRows(dice, { steps, times, visitor, tenant: who.tenant, customer: who.customer })])
}

/** Somebody orders what is on stock, mostly at the end of a visit. */
export const order: Change = async (tick) => {
  const { dice, moment } = tick
  const shopper = await pickShopper(tick)
  const products = shopper === undefined ? [] : await readProducts(tick, shopper.tenant_id)
  if (shopper === undefined || products.length === 0) return
  const lines = pickProducts(dice, products, dice.int(1, 5)).map((product): Line => {
    const quantity = dice.int(1, 3)
    return { product, quantity, discount: Math.min(dice.int(0, 20), quantity * product.price) }
  })
  const at = dice.chance(LATE.share) ? moment - Math.floor(dice.float() * LATE.minutes * MINUTE) : moment
  const id = await insertOrder(tick, { shopper, lines, at })
  if (!dice.chance(0.7)) return
  const bought = { order: id, products: lines.map(({ product }) => product) }
  await insertVisit(tick, { depth: 'purchase', products, bought }, { tenant: shopper.tenant_id, customer: shopper.id, end: at })
}

async function insertOrder(tick: Tick, { shopper, lines, at }: { shopper: Shopper; lines: readonly Line[]; at: number }): Promise<string> {
  const { session, dice, names, moment } = tick
  const { rows } = await session.query<{ number: string }>(
    'SELECT (coalesce(substr(max(order_number), 5)::bigint, 0) + 1)::text AS number FROM core_order',
  )
  const id = drawId(dice)
  const payment_method = dice.pick(['credit_card', 'paypal', 'bank_transfer'])
  const metadata = { payment_method, shipping_address: { city: dice.pick(names.cities), country: shopper.country } }
  const number = `ORD-${(rows[0]?.number ?? '1').padStart(10, '0')}`
  const [placed, stamp] = [new Date(at), new Date(moment)]
  await insertRows(tick, 'core_order', [
    [id, shopper.tenant_id, shopper.id, number, 'pending', ...sums(lines, dice.int(0, 50)), placed, null, metadata, stamp, stamp],
  ])
  await insertRows(
    tick,
    'core_orderitem',
    lines.map(({ product, quantity, discount }) => {
      const total = quantity * product.price - discount
      return [drawId(dice), id, product.id, quantity, product.price, discount, total, stamp, stamp]
    }),
  )
  for (const { product, quantity } of lines)
    await changeRows(tick, 'core_product', {
      sql: 'UPDATE core_product SET stock_quantity = stock_quantity - $2, updated_at = $3 WHERE id = $1',
      values: [product.id, quantity, stamp],
    })
  return id
}

/** A pending order is taken in hand, or one in hand is completed. */
export const advance: Change = async (tick) => {
  const found = await pickRow<{ id: string }>(tick, {
    table: 'core_order',
    columns: 't.id',
    where: "t.status IN ('pending', 'processing')",
  })
  if (found === undefined) return
  await changeRows(tick, 'core_order', {
    sql: `UPDATE core_order SET status = CASE status WHEN 'pending' THEN 'processing' ELSE 'completed' END,
      completed_at = CASE status WHEN 'processing' THEN $2::timestamptz END, updated_at = $2 WHERE id = $1`,
    values: [found.id, new Date(tick.moment)],
  })
}

/** A pending order is called off. */
export const callOff: Change = async (tick) => {
  const found = await pickRow<{ id: string }>(tick, { table: 'core_order', columns: 't.id', where: "t.status = 'pending'" })
  if (found === undefined) return
  const values = [found.id, new Date(tick.moment)]
  await changeRows(tick, 'core_order', { sql: "UPDATE core_order SET status = 'cancelled', updated_at = $2 WHERE id = $1", values })
}

/** An order that came to nothing is deleted with its items. */
export const removeOrder: Change = async (tick) => {
  const where = "t.status IN ('pending', 'cancelled')"
  const found = await pickRow<{ id: string }>(tick, { table: 'core_order', columns: 't.id', where })
  if (found === undefined) return
  await changeRows(tick, 'core_orderitem', { sql: 'DELETE FROM core_orderitem WHERE order_id = $1', values: [found.id] })
  await changeRows(tick, 'core_order', { sql: 'DELETE FROM core_order WHERE id = $1', values: [found.id] })
}

/** A product costs more or less from now on. */
export const changePrice: Change = async (tick) => {
  const found = await pickRow<{ id: string }>(tick, { table: 'core_product', columns: 't.id', where: 't.is_active' })
  if (found === undefined) return
  const factor = 0.85 + tick.dice.float() * 0.35
  await changeRows(tick, 'core_product', {
    sql: 'UPDATE core_product SET price = least(2000, greatest(5, round(price * $2::numeric))), cost = 0.6 * least(2000, greatest(5, round(price * $2::numeric))), updated_at = $3 WHERE id = $1',
    values: [found.id, factor.toFixed(3), new Date(tick.moment)],
  })
}

/** A delivery comes in for what has run low. */
export const restock: Change = async (tick) => {
  const found = await pickRow<{ id: string }>(tick, {
    table: 'core_product',
    columns: 't.id',
    where: 't.is_active AND t.stock_quantity < 50',
  })
  if (found === undefined) return
  await changeRows(tick, 'core_product', {
    sql: 'UPDATE core_product SET stock_quantity = stock_quantity + $2, updated_at = $3 WHERE id = $1',
    values: [found.id, tick.dice.int(50, 300), new Date(tick.moment)],
  })
}
