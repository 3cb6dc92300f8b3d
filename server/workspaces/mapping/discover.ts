/** What a login finds in a database: tables and views that it may read, with what their columns look like. */
import type { Session } from '../../warehouse/index.ts'

export interface FoundColumn {
  name: string
  /** As PostgreSQL writes it. */
  type: string
  /** No two rows have the same value: a unique index over this column alone says so. */
  unique: boolean
}

/** What a column may be for. */
export type Meaning =
  'customer_id' | 'ordered_at' | 'amount' | 'order_id' | 'product_id' | 'quantity' | 'name' | 'category' | 'contacted_at' | 'channel'

export interface FoundTable {
  /** As SQL and mapping.yaml write it. */
  table: string
  kind: 'table' | 'view'
  /** PostgreSQL's estimate; null for views and where nothing was counted yet. */
  rows: number | null
  columns: FoundColumn[]
  /** Columns that look like it, the likeliest first. */
  candidates: Record<Meaning, string[]>
}

const TABLES = `
  SELECT CASE n.nspname WHEN 'public' THEN '' ELSE quote_ident(n.nspname) || '.' END || quote_ident(c.relname) AS "table",
    CASE WHEN c.relkind IN ('v', 'm') THEN 'view' ELSE 'table' END AS kind, CASE WHEN c.reltuples >= 0 AND c.relkind <> 'v' THEN c.reltuples::float8 END AS rows,
    (SELECT json_agg(json_build_object('name', a.attname, 'type', format_type(a.atttypid, NULL), 'unique', EXISTS (
       SELECT 1 FROM pg_index i WHERE i.indrelid = c.oid AND i.indisunique AND i.indpred IS NULL AND i.indnkeyatts = 1 AND i.indkey[0] = a.attnum)) ORDER BY a.attnum)
     FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND has_column_privilege(c.oid, a.attnum, 'SELECT')) AS columns
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'quintile')
    AND n.nspname !~ '^pg_' AND has_schema_privilege(n.oid, 'USAGE') AND has_any_column_privilege(c.oid, 'SELECT')
  ORDER BY n.nspname <> 'public', n.nspname, c.relname`

/** All tables and views, those of public first. */
export async function discoverTables(session: Session): Promise<FoundTable[]> {
  const { rows } = await session.query<Omit<FoundTable, 'candidates'>>(TABLES)
  return rows.map((row) => ({ ...row, candidates: candidatesOf(row.columns) }))
}

const DATE = /^(date|timestamp)/
const NUMBER = /^(smallint|integer|bigint|numeric|real|double precision|money)/
const ANY = /./
const WHO = '(customer|client|cust|user|member|account|buyer|kunden?|person|shopper|subscriber)'
const WHAT = '(product|item|article|artikel|sku|stock)'
const KEY = '(id|no|nr|number|code|key|ref|uuid)'

/** Patterns over the name in small letters and digits only, the likeliest first; and the types that it may have. */
const LOOKS: Record<Meaning, { types: RegExp; names: readonly RegExp[] }> = {
  customer_id: { types: ANY, names: [new RegExp(`^${WHO}${KEY}$`), new RegExp(`^${WHO}s?$`), new RegExp(`${WHO}${KEY}$`)] },
  ordered_at: {
    types: DATE,
    names: [
      /^(order(ed)?|purchased?|invoice|sale|sold|transaction)(date|at|on|time|timestamp)$/,
      /^(created|booked|paid|placed)(at|on|date)?$/,
      /(date|timestamp)$/,
      /(at|on)$/,
    ],
  },
  amount: {
    types: NUMBER,
    names: [
      /^(total|net|gross|order|line)?(amount|revenue|turnover|sales|total|value)(net|gross|ht|ttc|eur|usd)?$/,
      /(amount|revenue|total|turnover|betrag|montant)/,
      /^(price|sum|paid)$/,
    ],
  },
  order_id: {
    types: ANY,
    names: [new RegExp(`^(order|invoice|document|transaction|receipt|sale)${KEY}$`), /^(document|invoice|docref|order)$/],
  },
  product_id: { types: ANY, names: [new RegExp(`^${WHAT}${KEY}$`), /^(sku|ean|gtin|stockcode)$/, new RegExp(`^${WHAT}$`)] },
  quantity: { types: NUMBER, names: [/^(quantity|qty|units|pieces|count|menge)$/] },
  name: { types: ANY, names: [new RegExp(`^${WHAT}?(name|title|label)$`), /(name|title|label|description)$/] },
  category: { types: ANY, names: [/^(category|family|department|group|type)(name)?$/, /category/] },
  contacted_at: { types: DATE, names: [/^(contact(ed)?|sent|send|delivered|message)(date|at|on|time)$/, /(date|timestamp|at|on)$/] },
  channel: { types: ANY, names: [/^(channel|medium|kind|type)$/] },
}

function candidatesOf(columns: readonly FoundColumn[]): Record<Meaning, string[]> {
  return Object.fromEntries(
    Object.entries(LOOKS).map(([meaning, { types, names }]) => [
      meaning,
      names
        .flatMap((pattern) => columns.filter(({ name, type }) => types.test(type) && pattern.test(plain(name))).map(({ name }) => name))
        .filter((name, index, all) => all.indexOf(name) === index),
    ]),
  ) as Record<Meaning, string[]>
}

function plain(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z0-9]/g, '')
}
