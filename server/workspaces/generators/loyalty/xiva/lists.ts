/** Lists of the API: filters, order and pages. Every list ends its pages in one of the ways that the real one has. */
import { NOT_FOUND, refuse, type Reply } from './replies.ts'
import type { XivaCustomer } from './accounts.ts'

type Json = Readonly<Record<string, unknown>>

/** However many are asked for. */
const MOST_ITEMS = 50

interface List {
  items(customers: readonly XivaCustomer[], query: URLSearchParams): readonly Json[]
  /** How the page is wrapped. */
  wrap(page: readonly Json[], total: number, next: string | null): unknown
}

/** As some lists come: count, next, previous, results. */
const counted: List['wrap'] = (results, count, next) => ({ count, next, previous: null, results })

const ofCustomer = (items: readonly Json[], query: URLSearchParams): readonly Json[] => {
  const wanted = query.get('customer_id')
  return wanted === null ? items : items.filter(({ customer }) => (customer as { id: string }).id === wanted)
}

const LISTS: Readonly<Record<string, List>> = {
  'customerManagement/v4/customer/': { items: findCustomers, wrap: counted },
  'customerManagement/v4/customerAccount/': {
    items: (customers, query) =>
      ofCustomer(
        customers.map(({ account }) => account),
        query,
      ),
    wrap: (page) => page,
  },
  'productInventoryManagement/v5/product/': {
    items: (customers, query) =>
      ofCustomer(
        customers.flatMap(({ products }) => products),
        query,
      ),
    wrap: (data, count) => ({ data, count }),
  },
  'productOrdering/v5/customerProductInstances/': {
    items: (customers, query) =>
      ofCustomer(
        customers.flatMap(({ products }) => products),
        query,
      ),
    wrap: (results) => ({ results }),
  },
  'usageManagement/v4/ratedProductUsage/': { items: findUsage, wrap: counted },
  'usageManagement/v4/usageRecord/': { items: findUsage, wrap: (page) => page },
  'productCatalogManagement/v5/productOffering/': { items: findOfferings, wrap: counted },
}

/** The page, or null where the path is no list. */
export function answerList(path: string, query: URLSearchParams, customers: readonly XivaCustomer[]): Reply | null {
  const list = Object.hasOwn(LISTS, path) ? LISTS[path] : undefined
  if (list === undefined) return null
  const [offset, limit] = [wholeNumber(query.get('offset'), 0), wholeNumber(query.get('limit'), MOST_ITEMS)]
  if (offset === null || limit === null || limit === 0) return refuse(400, 'offset and limit are whole numbers')
  const size = Math.min(limit, MOST_ITEMS)
  const items = list.items(customers, query)
  const rest = new URLSearchParams(query)
  rest.set('offset', String(offset + size))
  const next = offset + size < items.length ? `${path}?${rest.toString()}` : null
  return {
    status: 200,
    headers: { 'x-total-count': String(items.length) },
    body: list.wrap(items.slice(offset, offset + size), items.length, next),
  }
}

function wholeNumber(text: string | null, otherwise: number): number | null {
  if (text === null) return otherwise
  return /^\d{1,9}$/.test(text) ? Number(text) : null
}

function findCustomers(customers: readonly XivaCustomer[], query: URLSearchParams): readonly Json[] {
  const [search, status, type, ordering] = ['search', 'status', 'customerType', 'ordering'].map((name) => query.get(name))
  const found = customers.filter(
    (one) =>
      (search == null || one.searched.includes(search.toLowerCase())) &&
      (status == null || one.status === status) &&
      (type == null || one.customer['customerType'] === type),
  )
  const items = found.map(({ customer }) => customer)
  const [key, down] = [ordering?.replace(/^-/, ''), ordering?.startsWith('-') === true]
  if (key === undefined || !['id', 'name', 'status'].includes(key)) return items
  const sorted = [...items].sort((a, b) => (String(a[key]) < String(b[key]) ? -1 : Number(String(a[key]) > String(b[key]))))
  return down ? sorted.reverse() : sorted
}

/** Usage within dates, of one type, of the current month only. */
export function findUsage(customers: readonly XivaCustomer[], query: URLSearchParams): readonly Json[] {
  const all = ofCustomer(
    customers.flatMap(({ usage }) => usage),
    query,
  )
  const [start, end, type] = ['start_date', 'end_date', 'usage_type'].map((name) => query.get(name))
  const newest = all.reduce((month, { usageMonth }) => (String(usageMonth) > month ? String(usageMonth) : month), '')
  return all.filter(
    ({ usageMonth, usageType }) =>
      (start == null || String(usageMonth) >= start) &&
      (end == null || String(usageMonth) <= end) &&
      (type == null || usageType === type) &&
      (query.get('current_month_only') !== 'true' || usageMonth === newest),
  )
}

function findOfferings(customers: readonly XivaCustomer[]): readonly Json[] {
  const names = [...new Set(customers.flatMap(({ products }) => products.map(({ name }) => String(name))))].sort()
  return names.map((name, index) => ({ id: `O${String(index + 1)}`, name, lifecycleStatus: 'Active' }))
}

const CUSTOMER = /^customerManagement\/v4\/customer\/([^/]+)\/$/
const VIEW = /^customerManagement\/v4\/customers\/([^/]+)\/360\/(overview|services|usage|financial|complete)\/$/

/** One customer, or one of the five views of one. */
export function answerCustomer(path: string, query: URLSearchParams, customers: readonly XivaCustomer[]): Reply {
  const [, id = '', part] = VIEW.exec(path) ?? CUSTOMER.exec(path) ?? []
  const found = customers.find((one) => one.id === id)
  if (found === undefined) return refuse(404, NOT_FOUND)
  if (part === undefined) return { status: 200, body: found.customer }
  const services = [...new Set(found.products.map(({ service }) => service))]
  const parts = {
    overview: found.customer,
    services: { products: found.products, services },
    usage: { records: findUsage([found], query) },
    financial: found.account,
  }
  return { status: 200, body: part === 'complete' ? { customer_id: id, ...parts } : parts[part as keyof typeof parts] }
}
