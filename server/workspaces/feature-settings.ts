/** The feature store as it stands under `features:` in pack.yaml. */
import { z } from 'zod'
import { suggest } from '../../shared/nearest.ts'

const table = z.string().regex(/^([a-z_][a-z0-9_]*\.)?[a-z_][a-z0-9_]{0,62}$/, 'a table name: table or schema.table')
const column = z.string().regex(/^[a-z_][a-z0-9_]{0,62}$/, 'a column name: small letters, digits and _')
/** Names of features in models; not a number, which would lose its place in the order. */
const modelFeature = z.string().regex(/^[A-Za-z_]\w{0,62}$/, 'a name: letters, digits and _')

const ID = '(?:(?<!:):customer_id\\b|%\\(customer_id\\)s)(?:::\\w+)?'
/** A column or a cast of one. */
const COLUMN = '(?:CAST\\s*\\([^()]*\\)|[\\w."]+(?:::\\w+(?:\\(\\d+\\))?)?)'
const ONE_CUSTOMER = new RegExp(`${COLUMN}\\s*=\\s*${ID}|${ID}\\s*=\\s*${COLUMN}`, 'gi')

/**
 * A query over all customers. Written for one of them, as “… WHERE customer_id = :customer_id”, it gives all without that
 * condition, and whoever wants one customer asks the whole for it: so one query serves a single customer and the snapshot.
 */
const query = z.string().transform((text, context) => {
  const whole = text.trim().replace(/;\s*$/, '').replaceAll(ONE_CUSTOMER, 'true')
  if (whole === '') context.issues.push({ code: 'custom', input: text, message: 'a SELECT with one row per customer' })
  if (/(?<!:):customer_id\b|%\(customer_id\)s/.test(whole))
    context.issues.push({
      code: 'custom',
      input: text,
      message: 'the customer may only stand in a condition of its own, such as customer_id = :customer_id',
    })
  return whole
})

/** A word of a list; of another one it says which is nearest. */
function word<const W extends readonly [string, ...string[]]>(words: W, what: string) {
  return z.enum(words, { error: ({ input }) => `“${String(input)}” is not ${what}. ${suggest(String(input), words)}` })
}

const origin = { table: table.optional(), query: query.optional() }
const oneOrigin = { error: 'either “table” (a table or view) or “query” (a SELECT), and not both' }
const isOne = (given: { table?: unknown; query?: unknown }): boolean => (given.table === undefined) !== (given.query === undefined)

const SECONDS: Record<string, number> = { second: 1, minute: 60, hour: 3_600, day: 86_400 }
/** Written as “1 hour”, read as milliseconds. */
const duration = z
  .string()
  .regex(/^[1-9]\d{0,4} (second|minute|hour|day)s?$/, 'a duration such as 1 hour')
  .transform((text) => {
    const [count = '', unit = ''] = text.split(' ')
    return Number(count) * (SECONDS[unit.replace(/s$/, '')] ?? 0) * 1000
  })

export const featureSchema = z
  .strictObject({
    ...origin,
    /** Profiles of an API: a table of the warehouse that jobs fill. */
    profiles: z.strictObject(origin).refine(isOne, oneOrigin).optional(),
    /** Which of the two is asked: both, only the warehouse’s own table or query, or only the profiles. */
    source: word(['auto', 'dwh', 'xiva'], 'a source of features').default('auto'),
    /** Which one decides where both know a value; `merge`: the newer one. */
    merge_strategy: word(['xiva_first', 'dwh_first', 'merge'], 'a merge strategy').default('xiva_first'),
    /** Column that says when the row was last changed. */
    as_of: column.default('updated_at'),
    /** How old a kept answer may be; milliseconds. */
    cache_ttl: duration.default(3_600_000),
    /** What models read, in this order: name in the model → feature. */
    mapping: z.record(modelFeature, column).default({}),
  })
  .refine(isOne, oneOrigin)
  .refine(({ source, profiles }) => source !== 'xiva' || profiles !== undefined, {
    path: ['source'],
    error: '“xiva” needs “profiles”: the table that the API’s profiles are loaded into',
  })
