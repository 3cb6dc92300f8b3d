/** A mapping that is wrong is told so, with what would be right; and the parts that a mapping may leave out. */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { openSomebodysShop, type SomebodysShop } from './somebodys-shop.ts'

let shop: SomebodysShop
let opened: Awaited<ReturnType<SomebodysShop['open']>>
let right: string

beforeAll(async () => {
  shop = await openSomebodysShop()
  opened = await shop.open()
  const { mapping } = opened.rooms
  await mapping.write(mapping.propose(await mapping.tables(), { tables: {}, columns: {} }))
  right = await readFile(join(opened.folder, 'mapping.yaml'), 'utf8')
})
afterAll(() => shop.close())
beforeEach(() => write(right))

const write = (text: string): Promise<void> => writeFile(join(opened.folder, 'mapping.yaml'), text)
/** What is wrong when one piece of the mapping is another. */
async function wrongWith(from: string, to: string): Promise<string[]> {
  await write(right.replace(from, to))
  const { ok, findings } = await opened.rooms.mapping.check()
  const wrong = findings.filter(({ level }) => level === 'error')
  expect(ok).toBe(wrong.length === 0)
  return wrong.map(({ part, field, message, hint }) => `${part}.${field ?? ''}: ${message} → ${hint ?? ''}`)
}

describe('a mapping held against the live tables', () => {
  test('is right as it was proposed, and shows what it found', async () => {
    const { ok, findings, parts } = await opened.rooms.mapping.check()
    expect(ok).toBe(true)
    expect(findings.filter(({ level }) => level === 'warning').map(({ message }) => message)).toEqual([
      '1 row without a customer: in revenue, and for nobody',
    ])
    expect(findings.map(({ message }) => message)).toContain('60 different values, each once')
    expect(parts.find(({ part }) => part === 'orders')?.sample[0]).toMatchObject({ customer_id: '1', amount: '12.00' })
  })

  test('names the nearest column where one is missing', async () => {
    expect(await wrongWith('amount: net_amount', 'amount: net_amout')).toEqual([
      'orders.amount: there is no column “net_amout” → Did you mean “net_amount”?',
    ])
  })

  test('names the nearest table where one is missing', async () => {
    expect(await wrongWith('table: crm.customers', 'table: crm.customer')).toEqual([
      'features.: there is no table “crm.customer” → Did you mean “crm.customers”?',
    ])
  })

  test('refuses a time that is none, and an amount that is none', async () => {
    expect(await wrongWith('ordered_at: ordered_on', 'ordered_at: note')).toEqual([
      expect.stringContaining('“note” is of type text, and ordered_at must be a date or a time'),
    ])
    expect(await wrongWith('amount: net_amount', 'amount: note')).toEqual([expect.stringContaining('amount must be a number')])
  })

  test('refuses a customer’s column that is not unique, with examples', async () => {
    const [wrong] = await wrongWith('customer_id: id', 'customer_id: city')
    expect(wrong).toContain('“city” is not unique: 57 rows share a value with another one (Bonn, Leeds, Lyon)')
  })

  test('refuses orders that know customers by other ids', async () => {
    expect(await wrongWith('customer_id: customerId', 'customer_id: note')).toEqual([
      expect.stringContaining('are not among the features, such as back'),
    ])
  })

  test('says where its own file is wrong', async () => {
    await write(right.replace('amount: net_amount', 'amonut: net_amount'))
    await expect(opened.rooms.mapping.check()).rejects.toMatchObject({ code: 'mapping.bad-file' })
    await write(right.replace('products:', 'prodcuts:'))
    await expect(opened.rooms.mapping.check()).rejects.toMatchObject({
      message: expect.stringContaining('prodcuts is not known') as string,
      hint: 'Did you mean “products”?',
    })
  })

  test('a table that the login may not read is told as such', async () => {
    await shop.change(`REVOKE SELECT ON products FROM ${shop.reader.user}`)
    expect(await wrongWith('', '')).toEqual([expect.stringMatching(/^products\.: products cannot be read: .*permission denied/)])
    await shop.change(`GRANT SELECT ON products TO ${shop.reader.user}`)
  })

  test('is not applied while it is wrong', async () => {
    await write(right.replace('amount: net_amount', 'amount: nothing'))
    await expect(opened.rooms.mapping.apply()).rejects.toMatchObject({ code: 'mapping.wrong' })
  })
})

test('what the pack brings before anything is mapped gives way to what the mapping makes', async () => {
  const { applied } = await opened.rooms.mapping.apply()
  expect([applied.kept, applied.written]).toEqual([[], expect.arrayContaining(['reports/key_figures.sql'])])
})

describe('what is asked for by name', () => {
  const propose = async (tables: Record<string, string>, columns: Record<string, string> = {}) =>
    opened.rooms.mapping.propose(await opened.rooms.mapping.tables(), { tables, columns })

  test('is taken, and the rest is guessed around it', async () => {
    expect(
      await propose(
        { orders: '"Sales"."Order Lines"', contacts: 'none', products: 'none', features: 'none' },
        { 'orders.product_id': 'note' },
      ),
    ).toEqual({
      orders: {
        ...{ table: '"Sales"."Order Lines"', customer_id: 'customerId', ordered_at: 'ordered_on', amount: 'net_amount' },
        ...{ order_id: 'invoice_no', product_id: 'note', quantity: 'qty' },
      },
    })
  })

  test('is refused where it does not exist or cannot be guessed', async () => {
    await expect(propose({ orders: 'sales.orders' })).rejects.toMatchObject({ code: 'mapping.unknown-table' })
    await expect(propose({ orders: 'products' })).rejects.toMatchObject({
      code: 'mapping.cannot-guess',
      message: 'No column of products looks like orders.customer_id',
    })
    await expect(propose({}, { 'orders.amuont': 'x' })).rejects.toMatchObject({
      code: 'mapping.unknown-field',
      hint: 'Did you mean “orders.amount”?',
    })
    await expect(propose({ features: 'none', orders: 'none' })).rejects.toMatchObject({ code: 'mapping.nothing-found' })
  })
})

describe('a mapping of less', () => {
  test('orders alone make everybody who ordered a customer, each row an order where no number is named', async () => {
    await write(`orders:
  query: SELECT * FROM "Sales"."Order Lines" WHERE qty > 0
  customer_id: customerId
  ordered_at: ordered_on
  amount: net_amount
`)
    const { applied } = await opened.rooms.mapping.apply()
    expect(applied.written).not.toContain('reports/top_products.sql')
    const rooms = await opened.again()
    const { snapshot } = await rooms.sync({ request: 'test' })
    const [wanted] = await shop.change(
      'SELECT count(DISTINCT "customerId")::int AS customers, count(*)::int AS lines FROM "Sales"."Order Lines" WHERE qty > 0',
    )
    expect(snapshot?.customers).toBe(wanted?.['customers'])
    const { rows } = await rooms.reports.run('key_figures')
    expect(rows.find(({ name }) => name === 'orders')?.['value']).toBe(String(wanted?.['lines']))
  })

  test('a query of features alone gives its columns, and takes away what only orders could fill', async () => {
    await opened.rooms.mapping.apply()
    await write(`features:
  query: SELECT id AS customer_id, "Full Name", city = 'Bonn' AS from_bonn FROM crm.customers
  customer_id: customer_id
`)
    const { applied } = await opened.rooms.mapping.apply()
    expect(applied.removed).toContain('reports/rfm_segments.sql')
    const rooms = await opened.again()
    await rooms.sync({ request: 'test' })
    expect((await rooms.features.get('1', 'cache')).features).toEqual({ customer_id: '1', full_name: 'Person 1', from_bonn: 1 })
    expect((await rooms.reports.list()).map(({ report }) => report)).toEqual(['key_figures'])
    expect(rooms.workspace.pack.overview).toEqual({ figures: 'key_figures', rfm: null, revenue: null })
    expect(await rooms.features.asOf()).toEqual({ as_of: null, changed_at: null })
  })
})
