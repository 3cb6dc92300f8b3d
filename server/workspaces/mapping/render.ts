/** SQL out of a mapping: the same few names for everybody, whatever the tables call them. */
import { mistake } from '../../../shared/failure.ts'
import type { Mapping } from './declaration.ts'
import type { Described } from './probe.ts'
import { featureName, quoteAny, relationSql } from './sql-names.ts'

/** Text, numbers, times and truth can be features; documents, pictures and vectors cannot. */
const FEATURE_TYPES =
  /^(smallint|integer|bigint|numeric|real|double precision|money|text|character|uuid|boolean|date|time|interval|inet|citext|name)/

/** Names of the columns that RFM and contacts add to each customer. */
const ADDED = [
  ...['recency_days', 'order_count', 'total_spent', 'avg_order_value', 'first_order_at', 'last_order_at'],
  ...['recency_score', 'frequency_score', 'monetary_score', 'rfm_score', 'rfm_segment', 'contact_count', 'last_contact_days_ago'],
]

/** What the templates may name in double braces. */
export function placeholders(mapping: Mapping): Record<string, string> {
  return {
    orders: ordersSql(mapping),
    orders_total: inYaml(ordersTotal(mapping)),
    order_count: orderCount(mapping),
    products: productsSql(mapping),
    contacts: contactsSql(mapping),
    customers: customersSql(mapping),
    rfm: rfmSql(mapping),
  }
}

/** Puts the placeholders in. Errors: `mapping.bad-template`. */
export function fillTemplate(file: string, text: string, values: Readonly<Record<string, string>>): string {
  return text.replaceAll(/\{\{(\w+)\}\}/g, (_, name: string) => {
    const value = values[name]
    if (value === undefined)
      throw mistake('mapping.bad-template', `${file} names {{${name}}}, which is not known`, `Known are ${Object.keys(values).join(', ')}.`)
    return value
  })
}

/** As a text of a report's YAML, inside its SQL comment. */
function inYaml(sql: string): string {
  return JSON.stringify(sql).replaceAll('*/', String.raw`*\/`)
}

function ordersTotal({ orders }: Mapping): string {
  return orders === undefined
    ? 'SELECT 0'
    : `SELECT sum(${cast(orders.amount, 'numeric')}) FROM ${relationSql(orders, 'r')} WHERE r.${quoteAny(orders.ordered_at)} IS NOT NULL`
}

/** Order rows as the templates know them; rows without a time are left out. */
function ordersSql({ orders }: Mapping): string {
  if (orders === undefined)
    return `SELECT NULL::text AS customer_id, NULL::timestamptz AS ordered_at, 0::numeric AS amount, NULL::text AS order_id, NULL::text AS product_id, NULL::numeric AS quantity WHERE false`
  const { customer_id, ordered_at, amount, order_id, product_id, quantity } = orders
  return `SELECT ${cast(customer_id, 'text')} AS customer_id, ${cast(ordered_at, 'timestamptz')} AS ordered_at, coalesce(${cast(amount, 'numeric')}, 0) AS amount,
    ${cast(order_id, 'text')} AS order_id, ${cast(product_id, 'text')} AS product_id, ${cast(quantity, 'numeric')} AS quantity
  FROM ${relationSql(orders, 'r')} WHERE r.${quoteAny(ordered_at)} IS NOT NULL`
}

function cast(column: string | undefined, type: string): string {
  return column === undefined ? `NULL::${type}` : `r.${quoteAny(column)}::${type}`
}

/** Orders that brought something: distinct documents, or rows where each is an order. */
function orderCount({ orders }: Mapping): string {
  return orders?.order_id === undefined ? 'count(*) FILTER (WHERE amount > 0)' : 'count(DISTINCT order_id) FILTER (WHERE amount > 0)'
}

function productsSql({ products }: Mapping): string {
  if (products === undefined) return 'SELECT NULL::text AS product_id, NULL::text AS name, NULL::text AS category WHERE false'
  const { product_id, name, category } = products
  return `SELECT ${cast(product_id, 'text')} AS product_id, ${cast(name, 'text')} AS name, ${cast(category, 'text')} AS category FROM ${relationSql(products, 'r')}`
}

function contactsSql({ contacts }: Mapping): string {
  if (contacts === undefined)
    return 'SELECT NULL::text AS customer_id, NULL::timestamptz AS contacted_at, NULL::text AS channel WHERE false'
  const { customer_id, contacted_at, channel } = contacts
  return `SELECT ${cast(customer_id, 'text')} AS customer_id, ${cast(contacted_at, 'timestamptz')} AS contacted_at, ${cast(channel, 'text')} AS channel
  FROM ${relationSql(contacts, 'r')} WHERE r.${quoteAny(contacted_at)} IS NOT NULL`
}

/** Everybody there is: the features' customers, or those who ordered. */
function customersSql(mapping: Mapping): string {
  const { features } = mapping
  if (features === undefined) return `SELECT DISTINCT customer_id FROM (\n  ${ordersSql(mapping)}\n  ) o WHERE customer_id IS NOT NULL`
  return `SELECT ${cast(features.customer_id, 'text')} AS customer_id FROM ${relationSql(features, 'r')} WHERE r.${quoteAny(features.customer_id)} IS NOT NULL`
}

const MEASURES = ['recency_days', 'order_count', 'total_spent'] as const
const above = (measure: string): string => [1, 2, 3, 4].map((cut) => `(t.${measure} > c.${measure}[${String(cut)}])::int`).join(' + ')

/**
 * RFM of everybody with a purchase, as of the newest order: cut points at 20, 40, 60 and 80 %, so that equal values always
 * score alike; segments by the number that the three scores make.
 */
function rfmSql(mapping: Mapping): string {
  return `WITH orders AS (
    ${ordersSql(mapping)}
  ), newest AS (
    SELECT max(ordered_at) AS as_of FROM orders
  ), totals AS (
    SELECT o.customer_id, n.as_of::date - max(o.ordered_at) FILTER (WHERE o.amount > 0)::date AS recency_days, ${orderCount(mapping)} AS order_count,
      sum(o.amount) AS total_spent, min(o.ordered_at) AS first_order_at, max(o.ordered_at) AS last_order_at
    FROM orders o CROSS JOIN newest n WHERE o.customer_id IS NOT NULL GROUP BY o.customer_id, n.as_of HAVING bool_or(o.amount > 0)
  ), cuts AS (
    SELECT ${MEASURES.map((measure) => `percentile_cont(ARRAY[0.2, 0.4, 0.6, 0.8]) WITHIN GROUP (ORDER BY ${measure}::float8) AS ${measure}`).join(', ')} FROM totals
  ), scores AS (
    SELECT t.*, 5 - (${above('recency_days')}) AS recency_score, 1 + ${above('order_count')} AS frequency_score, 1 + ${above('total_spent')} AS monetary_score
    FROM totals t CROSS JOIN cuts c
  ), numbers AS (
    SELECT *, 100 * recency_score + 10 * frequency_score + monetary_score AS rfm_score FROM scores
  )
  SELECT *, (total_spent / nullif(order_count, 0))::numeric(16,2) AS avg_order_value,
    CASE WHEN rfm_score >= 544 THEN 'Champions' WHEN rfm_score >= 434 THEN 'Loyal Customers' WHEN rfm_score >= 334 THEN 'Potential Loyalists'
      WHEN rfm_score >= 244 THEN 'At Risk' WHEN rfm_score >= 144 THEN 'Need Attention' ELSE 'Lost Customers' END AS rfm_segment
  FROM numbers`
}

/**
 * The features of every customer: what the table says, RFM and contacts.
 * @param columns of the features table, as they are now
 */
export function featuresQuery(mapping: Mapping, columns: readonly Described[]): string {
  const { features, orders, contacts } = mapping
  const own = features === undefined ? [] : ownFeatures(features, columns)
  const customers =
    features === undefined
      ? customersSql(mapping)
      : `SELECT ${[`${cast(features.customer_id, 'text')} AS customer_id`, ...own.map(({ column, name }) => `r.${quoteAny(column)} AS ${name}`)].join(', ')}
  FROM ${relationSql(features, 'r')} WHERE r.${quoteAny(features.customer_id)} IS NOT NULL`
  const withs = [
    `customers AS (\n  ${customers}\n)`,
    ...(orders === undefined ? [] : [`rfm AS (\n  ${rfmSql(mapping)}\n)`]),
    ...(contacts === undefined ? [] : [`touches AS (\n  ${touchesSql(mapping)}\n)`]),
  ]
  const list = [
    'c.*',
    ...(orders === undefined ? [] : ADDED.slice(0, 11).map((name) => `r.${name}`)),
    ...(contacts === undefined ? [] : ['coalesce(t.contact_count, 0) AS contact_count', 't.last_contact_days_ago']),
  ]
  const joins = [
    ...(orders === undefined ? [] : ['LEFT JOIN rfm r USING (customer_id)']),
    ...(contacts === undefined ? [] : ['LEFT JOIN touches t USING (customer_id)']),
  ]
  return `WITH ${withs.join(', ')}\nSELECT ${list.join(', ')}\nFROM customers c ${joins.join(' ')}`.trim()
}

function touchesSql(mapping: Mapping): string {
  return `SELECT customer_id, count(*)::int AS contact_count, (SELECT max(contacted_at) FROM (${contactsSql(mapping)}) n)::date - max(contacted_at)::date AS last_contact_days_ago
  FROM (${contactsSql(mapping)}) m WHERE customer_id IS NOT NULL GROUP BY customer_id`
}

/** Columns of the table under the names of features; one that has the name of ours stands as `own_…`. */
export function ownFeatures(features: NonNullable<Mapping['features']>, columns: readonly Described[]): { column: string; name: string }[] {
  const taken = new Set<string>(['customer_id'])
  const wanted = columns.filter(
    ({ name, type }) =>
      name !== features.customer_id &&
      (features.columns === 'all' ? FEATURE_TYPES.test(type) && !type.endsWith('[]') : features.columns.includes(name)),
  )
  return wanted.map(({ name: column }) => {
    const plain = featureName(column)
    let name = ADDED.includes(plain) || plain === 'customer_id' ? `own_${plain}` : plain
    for (let n = 2; taken.has(name); n += 1) name = `${plain}_${String(n)}`
    taken.add(name)
    return { column, name }
  })
}

/** How new the data is; undefined where no part has times. */
export function asOfQuery({ orders, contacts }: Mapping): string | undefined {
  if (orders !== undefined) return `SELECT max(r.${quoteAny(orders.ordered_at)}) FROM ${relationSql(orders, 'r')}`
  return contacts === undefined ? undefined : `SELECT max(r.${quoteAny(contacts.contacted_at)}) FROM ${relationSql(contacts, 'r')}`
}
