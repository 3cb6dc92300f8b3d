/** Customers who come, change and go, their subscriptions and invoices, while the shop lives on. */
import { DAY, toDate } from './calendar.ts'
import { drawCountry, personCells } from './customers.ts'
import { drawId } from './ids.ts'
import { PERIOD } from './invoices.ts'
import { changeRows, insertRows, pickRow, type Change, type Tick } from './live-tick.ts'
import { CYCLES, PLANS } from './subscriptions.ts'

/** Somebody registers. */
export const register: Change = async (tick) => {
  const { dice, names, moment } = tick
  const tenant = await pickRow<{ id: string }>(tick, { table: 'core_tenant', columns: 't.id', where: 't.is_active' })
  if (tenant === undefined) return
  const stamp = new Date(moment)
  const person = personCells(dice, names, { email: `customer${String(moment)}@example.com`, country: drawCountry(dice) })
  await insertRows(tick, 'core_customer', [[drawId(dice), tenant.id, ...person, stamp, stamp]])
}

/** Somebody has another telephone, or closes or opens the account. */
export const editCustomer: Change = async (tick) => {
  const { dice, moment } = tick
  const found = await pickRow<{ id: string }>(tick, { table: 'core_customer', columns: 't.id', where: 'true' })
  if (found === undefined) return
  const phone = `+1-555-${String(dice.int(100, 999))}-${String(dice.int(1000, 9999))}`
  const values = [found.id, phone, dice.chance(0.2), new Date(moment)]
  await changeRows(tick, 'core_customer', {
    sql: 'UPDATE core_customer SET phone = $2, is_active = is_active <> $3, updated_at = $4 WHERE id = $1',
    values,
  })
}

/** Somebody asks to be forgotten: orders, subscriptions and invoices go along, the events stay without a name. */
export const eraseCustomer: Change = async (tick) => {
  const found = await pickRow<{ id: string }>(tick, { table: 'core_customer', columns: 't.id', where: 'true' })
  if (found === undefined) return
  await changeRows(tick, 'core_customer', { sql: 'DELETE FROM core_customer WHERE id = $1', values: [found.id] })
}

async function insertSubscription(
  tick: Tick,
  who: { tenant: string; customer: string; status: string },
  plans = PLANS as readonly (typeof PLANS)[number][],
) {
  const { dice, moment } = tick
  const { plan, amount } = dice.pick(plans)
  const [start, end, stamp] = [toDate(moment), toDate(moment + 365 * DAY), new Date(moment)]
  await insertRows(tick, 'core_subscription', [
    [drawId(dice), who.tenant, who.customer, plan, who.status, start, end, amount, dice.pick(CYCLES), stamp, stamp],
  ])
}

/** Somebody without a running subscription begins one, a part of them on trial. */
export const subscribe: Change = async (tick) => {
  const found = await pickRow<{ id: string; tenant_id: string }>(tick, {
    ...{ table: 'core_customer', columns: 't.id, t.tenant_id' },
    where: "t.is_active AND NOT EXISTS (SELECT FROM core_subscription s WHERE s.customer_id = t.id AND s.status IN ('active', 'trial'))",
  })
  if (found === undefined) return
  const status = tick.dice.chance(0.25) ? 'trial' : 'active'
  await insertSubscription(tick, { tenant: found.tenant_id, customer: found.id, status })
}

interface Running {
  id: string
  tenant_id: string
  customer_id: string
  plan_name: string
}

function pickRunning(tick: Tick, status: 'active' | 'trial'): Promise<Running | undefined> {
  const columns = 't.id, t.tenant_id, t.customer_id, t.plan_name'
  return pickRow<Running>(tick, { table: 'core_subscription', columns, where: `t.status = '${status}'` })
}

function end(tick: Tick, id: string): Promise<void> {
  const values = [id, toDate(tick.moment), new Date(tick.moment)]
  const sql = "UPDATE core_subscription SET status = 'cancelled', end_date = $2::date, updated_at = $3 WHERE id = $1"
  return changeRows(tick, 'core_subscription', { sql, values })
}

/** A subscription ends today. */
export const unsubscribe: Change = async (tick) => {
  const found = await pickRunning(tick, 'active')
  if (found !== undefined) await end(tick, found.id)
}

/** A subscription ends today and another plan begins. */
export const changePlan: Change = async (tick) => {
  const found = await pickRunning(tick, 'active')
  if (found === undefined) return
  await end(tick, found.id)
  const others = PLANS.filter(({ plan }) => plan !== found.plan_name)
  await insertSubscription(tick, { tenant: found.tenant_id, customer: found.customer_id, status: 'active' }, others)
}

/** A trial becomes a subscription that is paid for, from today on. */
export const convertTrial: Change = async (tick) => {
  const { moment } = tick
  const found = await pickRunning(tick, 'trial')
  if (found === undefined) return
  await changeRows(tick, 'core_subscription', {
    sql: "UPDATE core_subscription SET status = 'active', start_date = $2::date, end_date = $3::date, updated_at = $4 WHERE id = $1",
    values: [found.id, toDate(moment), toDate(moment + 365 * DAY), new Date(moment)],
  })
}

/** The invoice of a subscription that has had none for thirty days. */
export const bill: Change = async (tick) => {
  const { session, dice, moment } = tick
  const today = toDate(moment)
  const found = await pickRow<Running & { amount: string }>(tick, {
    ...{ table: 'core_subscription', columns: 't.id, t.tenant_id, t.customer_id, t.plan_name, t.monthly_amount::text AS amount' },
    where: `t.status = 'active' AND NOT EXISTS (SELECT FROM core_invoice i WHERE i.subscription_id = t.id AND i.issue_date > date '${today}' - ${String(PERIOD)})`,
  })
  if (found === undefined) return
  const { rows } = await session.query<{ number: string }>(
    'SELECT (coalesce(substr(max(invoice_number), 5)::bigint, 0) + 1)::text AS number FROM core_invoice',
  )
  const number = `INV-${(rows[0]?.number ?? '1').padStart(10, '0')}`
  const [due, stamp] = [toDate(moment + PERIOD * DAY), new Date(moment)]
  await insertRows(tick, 'core_invoice', [
    [drawId(dice), found.tenant_id, found.customer_id, found.id, number, found.amount, 'draft', today, due, null, stamp, stamp],
  ])
}

/** A draft is sent, what was sent is paid or, when it is due, overdue. */
export const settleInvoice: Change = async (tick) => {
  const { dice, moment } = tick
  const found = await pickRow<{ id: string }>(tick, {
    table: 'core_invoice',
    columns: 't.id',
    where: "t.status IN ('draft', 'sent', 'overdue')",
  })
  if (found === undefined) return
  const late = dice.chance(0.3)
  await changeRows(tick, 'core_invoice', {
    sql: `UPDATE core_invoice SET updated_at = $3, status = CASE WHEN status = 'draft' THEN 'sent' WHEN status = 'sent' AND $4 AND due_date < $2::date THEN 'overdue' ELSE 'paid' END,
      paid_date = CASE WHEN status = 'draft' OR (status = 'sent' AND $4 AND due_date < $2::date) THEN NULL ELSE $2::date END WHERE id = $1`,
    values: [found.id, toDate(moment), new Date(moment), late],
  })
}
