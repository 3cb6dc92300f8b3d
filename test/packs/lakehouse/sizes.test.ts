/** How many rows the shop has, of whom, and that the same seed gives the same ones. */
import { describe, expect, test } from 'vitest'
import { generator } from '../../../server/workspaces/generators/lakehouse/index.ts'
import { divide, toSizes } from '../../../server/workspaces/generators/lakehouse/sizes.ts'
import { openNames } from '../../../server/workspaces/generators/names.ts'
import { makeTenants } from '../../../server/workspaces/generators/lakehouse/tenants.ts'
import { countBy, countShop, digestOf, readShop, type Shop } from './shop-rows.ts'

const small = readShop()
/** Without orders and events: medium’s tenants, customers, products and subscriptions. */
const medium = readShop({ scale: 'medium', sizes: { orders_per_customer: 0, events_per_customer: 0 } })

const total = (shop: Shop): number => Object.values(shop).reduce((sum, rows) => sum + rows.length, 0)
const near = (value: number, expected: number, share = 0.1): void => {
  expect(Math.abs(value / expected - 1), `${String(value)} against ${String(expected)}`).toBeLessThan(share)
}

describe('lakehouse record counts', () => {
  test('small has the rows that the document’s own code makes, and not the 5,000 that it promises', () => {
    near(small.core_order.length, 1200)
    near(small.core_orderitem.length, 3650)
    near(small.core_event.length, 7850, 0.12)
    near(total(small), 14_500)
    expect(small.core_customer).toHaveLength(500)
    expect(generator.scales.small).toContain('14,500')
  })

  test('medium has the rows that were measured, but for the invoices of days to come', () => {
    const counts = countShop({ scale: 'medium' })
    expect(counts).toMatchObject({ core_tenant: 8, core_customer: 6400, core_product: 800 })
    near(counts.core_order, 47_750)
    near(counts.core_orderitem, 142_852)
    near(counts.core_event, 293_339)
    near(counts.core_subscription, 1920)
    const sum = Object.values(counts).reduce((all, count) => all + count, 0)
    near(sum, 495_000, 0.02)
    expect(generator.scales.medium).toContain('495,000')
  })

  test('tenants of an enterprise sell more to each customer than small ones', () => {
    const tenants = divide(toSizes('medium', {}), makeTenants(1, 8, openNames(1)))
    const perCustomer = tenants.map(({ orders, customers }) => orders / customers)
    expect(perCustomer[0]).toBeGreaterThan(1.4 * (perCustomer[7] ?? 0))
  })

  test('large divides 20,000 customers, 1,500 products and 230,000 orders among ten tenants', () => {
    const tenants = divide(toSizes('large', {}), makeTenants(1, 10, openNames(1)))
    const sum = (name: 'customers' | 'products' | 'orders'): number => tenants.reduce((all, one) => all + one[name], 0)
    expect([sum('customers'), sum('products')]).toEqual([20_000, 1500])
    near(sum('orders'), 230_000, 0.01)
  })
})

describe('lakehouse tenants', () => {
  test('the eight tenants come in the document’s order with their plans, users, features and addresses', () => {
    const tenants = medium.core_tenant.map(({ name, settings }) => [name, (settings as { plan_type: string }).plan_type])
    expect(tenants).toEqual([
      ['TechCorp Enterprise', 'enterprise'],
      ['Global Solutions Inc', 'enterprise'],
      ['MidMarket Retail Co', 'professional'],
      ['Digital Services Ltd', 'professional'],
      ['StartUp Innovations', 'professional'],
      ['Small Business Shop', 'starter'],
      ['Local Store Group', 'starter'],
      ['Boutique Commerce', 'starter'],
    ])
    expect(medium.core_tenant[0]).toMatchObject({
      ...{ slug: 'techcorp-enterprise', domain: 'techcorp-enterprise.example.com' },
      settings: { max_users: 1000, features: ['analytics', 'api_access', 'custom_domain', 'priority_support', 'sso'] },
    })
  })

  test('tenants beyond the eighth are drawn, small ones each with a name of its own', () => {
    const tenants = makeTenants(1, 30, openNames(1))
    expect(new Set(tenants.map(({ name }) => name)).size).toBe(30)
    expect(new Set(tenants.map(({ slug }) => slug)).size).toBe(30)
    expect(tenants.slice(8).every(({ plan }) => plan === 'starter')).toBe(true)
  })

  test('enterprise, mid-market and small tenants differ in customers and products as the document says', () => {
    const ranges = { enterprise: [1000, 2000, 150, 200], professional: [500, 1000, 100, 150], starter: [100, 300, 50, 80] }
    const customers = countBy(medium.core_customer, 'tenant_id')
    const products = countBy(medium.core_product, 'tenant_id')
    for (const { id, settings } of medium.core_tenant) {
      const [least = 0, most = 0, fewest = 0, all = 0] = ranges[(settings as { plan_type: keyof typeof ranges }).plan_type]
      expect(customers.get(String(id))).toBeGreaterThanOrEqual(least)
      expect(customers.get(String(id))).toBeLessThanOrEqual(most)
      expect(products.get(String(id))).toBeGreaterThanOrEqual(fewest)
      expect(products.get(String(id))).toBeLessThanOrEqual(all)
    }
  })
})

describe('lakehouse options', () => {
  test('each seed command of the document has its own option', () => {
    const sizes = { tenants: 2, customers_per_tenant: 40, products_per_tenant: 30, orders_per_customer: 2, events_per_customer: 0 }
    const shop = readShop({ sizes: { ...sizes, subscription_rate: 50 } })
    expect([shop.core_tenant, shop.core_customer, shop.core_product].map(({ length }) => length)).toEqual([2, 80, 60])
    near(shop.core_order.length, 80 * 1.5, 0.02)
    expect(shop.core_event).toEqual([])
    expect(shop.core_subscription).toHaveLength(40)
    const empty = readShop({ sizes: { orders_per_customer: 0, subscription_rate: 0 } })
    expect([empty.core_order, empty.core_orderitem, empty.core_subscription, empty.core_invoice].flat()).toEqual([])
  })

  test('an unknown option is refused with the nearest one, and so is a size out of bounds', () => {
    expect(() => toSizes('small', { customer_per_tenant: 5 })).toThrow(
      expect.objectContaining({ code: 'demo.unknown-size', hint: expect.stringContaining('customers_per_tenant') as string }),
    )
    expect(() => toSizes('small', { subscription_rate: 101 })).toThrow(expect.objectContaining({ code: 'demo.bad-size' }))
  })

  test('the same seed gives the same shop, another seed another one of the same size', () => {
    expect(digestOf(readShop())).toBe(digestOf(small))
    const other = readShop({ seed: 2 })
    expect(digestOf(other)).not.toBe(digestOf(small))
    expect(other.core_customer.length).toBe(small.core_customer.length)
  })

  test('customers are numbered through all tenants, and no address or number is there twice', () => {
    expect(medium.core_customer.map(({ email }) => email)).toEqual(medium.core_customer.map((_, n) => `customer${String(n)}@example.com`))
    expect(countBy(small.core_order, 'order_number').size).toBe(small.core_order.length)
    expect(countBy(medium.core_invoice, 'invoice_number').size).toBe(medium.core_invoice.length)
    expect(countBy(medium.core_product, 'sku').size).toBe(medium.core_product.length)
  })
})
