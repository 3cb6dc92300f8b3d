/**
 * Product labels that no product has, and what people decide on them. The warehouse of the workspace keeps both: which labels
 * wait, what is like them (view `alias_suggestion`), and the decisions, which the next run loads.
 */
import { mistake } from '../shared/failure.ts'
import { nearest } from '../shared/nearest.ts'
import type { Rooms } from './assemble.ts'

type Needs = Pick<Rooms, 'warehouse' | 'who'>

export const ALIAS_STATES = ['waiting', 'rejected', 'approved'] as const
export type AliasState = (typeof ALIAS_STATES)[number]

/** A label with what waits for it; of an approved one nothing waits any more. */
export interface ListedAlias {
  label_norm: string
  /** As it is written most often; null where no line has it now. */
  product_label: string | null
  state: AliasState
  lines: number
  customers: number
  /** Turnover without tax, exact, as text. */
  amount_ht: string
  /** The approved product, else the most alike. */
  product_key: string | null
  product: string | null
  /** 0 to 1. */
  confidence: number | null
}

const LISTED = `
  SELECT u.label_norm, u.product_label, CASE WHEN u.is_rejected THEN 'rejected' ELSE 'waiting' END AS state, u.lines, u.customers, u.amount_ht::text,
    s.product_key, s.product_label AS product, s.confidence::float8 AS confidence
  FROM unknown_product_label u LEFT JOIN alias_suggestion s ON s.label_norm = u.label_norm AND s.place = 1
  WHERE NOT EXISTS (SELECT 1 FROM product_alias_decision d WHERE d.label_norm = u.label_norm AND d.decision = 'approved')
  UNION ALL
  SELECT d.label_norm, u.product_label, 'approved', coalesce(u.lines, 0), coalesce(u.customers, 0), coalesce(u.amount_ht, 0)::text, d.product_key, p.product_label, d.confidence::float8
  FROM product_alias_decision d JOIN product p USING (product_key) LEFT JOIN unknown_product_label u ON u.label_norm = d.label_norm WHERE d.decision = 'approved'`

/** Labels in one of the states, those with the most turnover first. Errors: `aliases.no-catalogue`. */
export async function listAliases({ warehouse }: Needs, states: readonly AliasState[]): Promise<ListedAlias[]> {
  await requireCatalogue({ warehouse })
  const { rows } = await warehouse.query<ListedAlias>(
    `SELECT * FROM (${LISTED}) AS a WHERE state = ANY($1) ORDER BY amount_ht::numeric DESC, label_norm`,
    [[...states]],
  )
  return rows
}

export interface Suggestion {
  label_norm: string
  place: number
  product_key: string
  product_label: string
  confidence: number
}

/** At most five products for each waiting label, or for one label, the most alike first. Errors: `aliases.unknown-label`. */
export async function suggestAliases({ warehouse }: Needs, label: string | null): Promise<Suggestion[]> {
  await requireCatalogue({ warehouse })
  if (label !== null) await requireLabel(warehouse, label)
  const { rows } = await warehouse.query<Suggestion>(
    `SELECT s.label_norm, s.place::integer AS place, s.product_key, s.product_label, s.confidence::float8 AS confidence
     FROM alias_suggestion s JOIN unknown_product_label u USING (label_norm)
     WHERE $1::text IS NULL OR s.label_norm = normalise_label($1) ORDER BY u.amount_ht DESC, s.label_norm, s.place`,
    [label],
  )
  return rows
}

export interface Approval {
  label: string
  /** Left out: the most alike product. */
  product?: string | undefined
  /** Takes the place of an earlier approval. */
  replace: boolean
}

export interface Decided {
  label_norm: string
  product_key: string | null
  decision: 'approved' | 'rejected'
  confidence: number
}

/** Notes that a label means a product. Errors: `aliases.unknown-product`, `aliases.no-suggestion`, `aliases.approved-before`. */
export async function approveAlias({ warehouse, who }: Needs, { label, product, replace }: Approval): Promise<Decided> {
  await requireCatalogue({ warehouse })
  const label_norm = await normalise(warehouse, label)
  const chosen =
    product === undefined
      ? await mostAlike(warehouse, label_norm)
      : { ...(await findProduct(warehouse, product)), confidence: 1, source: 'manual' }
  await refuseOther(warehouse, { label_norm, product_key: chosen.product_key, replace })
  await decide(warehouse, { label_norm, ...chosen, decision: 'approved', who })
  return { label_norm, product_key: chosen.product_key, decision: 'approved', confidence: chosen.confidence }
}

/** Approves the most alike product of every waiting label that is at least so alike. Returns what was approved. */
export async function approveAbove(needs: Needs, least: number): Promise<Decided[]> {
  const decided: Decided[] = []
  for (const { label_norm, confidence } of await listAliases(needs, ['waiting']))
    if ((confidence ?? 0) >= least) decided.push(await approveAlias(needs, { label: label_norm, replace: false }))
  return decided
}

/** Notes that a label does not mean a product, or, without one, that it means none at all. An earlier approval is taken back. */
export async function rejectAlias({ warehouse, who }: Needs, label: string, product?: string): Promise<Decided> {
  await requireCatalogue({ warehouse })
  const label_norm = await normalise(warehouse, label)
  const product_key = product === undefined ? null : (await findProduct(warehouse, product)).product_key
  await decide(warehouse, { label_norm, product_key, confidence: 1, source: 'manual', decision: 'rejected', who })
  return { label_norm, product_key, decision: 'rejected', confidence: 1 }
}

type Store = Needs['warehouse']

async function requireCatalogue({ warehouse }: Pick<Needs, 'warehouse'>): Promise<void> {
  const { rows } = await warehouse.query<{ has: boolean }>(`SELECT to_regclass('product_alias_decision') IS NOT NULL AS has`)
  if (rows[0]?.has !== true)
    throw mistake(
      'aliases.no-catalogue',
      'This workspace has no product labels to decide on',
      'They belong to the pack cellar: --workspace NAME',
    )
}

async function normalise(warehouse: Store, label: string): Promise<string> {
  const { rows } = await warehouse.query<{ norm: string }>('SELECT normalise_label($1) AS norm', [label])
  const norm = rows[0]?.norm ?? ''
  if (norm === '' || norm.length > 512)
    throw mistake('aliases.bad-label', `“${label}” cannot be a label`, 'A label has a letter or a digit, and at most 512 characters.')
  return norm
}

async function requireLabel(warehouse: Store, label: string): Promise<void> {
  const norm = await normalise(warehouse, label)
  const { rows } = await warehouse.query<{ label_norm: string }>('SELECT label_norm FROM unknown_product_label')
  const known = rows.map(({ label_norm }) => label_norm)
  if (known.includes(norm)) return
  throw mistake('aliases.unknown-label', `No line waits for the label “${norm}”`, sayNearest(norm, known, 'aliases list'))
}

/** There may be thousands: all of them would be no answer. */
function sayNearest(word: string, known: readonly string[], command: string): string {
  const found = nearest(word, known)
  return found === undefined ? `“quintile ${command}” lists what there is.` : `Did you mean “${found}”?`
}

/** By its key, or by its label as people write it. */
async function findProduct(warehouse: Store, product: string): Promise<{ product_key: string }> {
  const { rows } = await warehouse.query<{ product_key: string }>(
    'SELECT product_key FROM product WHERE product_key = $1 OR label_norm = normalise_label($1) ORDER BY product_key <> $1, product_key LIMIT 1',
    [product],
  )
  if (rows[0] !== undefined) return rows[0]
  const all = await warehouse.query<{ name: string }>('SELECT product_key AS name FROM product UNION ALL SELECT product_label FROM product')
  const names = all.rows.map(({ name }) => name)
  throw mistake('aliases.unknown-product', `There is no product “${product}”`, sayNearest(product, names, 'report run product_sales'))
}

async function mostAlike(warehouse: Store, label_norm: string): Promise<{ product_key: string; confidence: number; source: string }> {
  await requireLabel(warehouse, label_norm)
  const { rows } = await warehouse.query<{ product_key: string; confidence: number }>(
    'SELECT product_key, confidence::float8 AS confidence FROM alias_suggestion WHERE label_norm = $1 AND place = 1',
    [label_norm],
  )
  if (rows[0] !== undefined) return { ...rows[0], source: 'fuzzy' }
  throw mistake('aliases.no-suggestion', `Nothing is like “${label_norm}”`, 'Name the product: quintile aliases approve LABEL PRODUCT')
}

async function refuseOther(
  warehouse: Store,
  { label_norm, product_key, replace }: { label_norm: string; product_key: string; replace: boolean },
): Promise<void> {
  const { rows } = await warehouse.query<{ product_key: string }>(
    `SELECT product_key FROM product_alias_decision WHERE label_norm = $1 AND decision = 'approved' AND product_key <> $2`,
    [label_norm, product_key],
  )
  if (rows[0] !== undefined && !replace)
    throw mistake('aliases.approved-before', `“${label_norm}” is an alias of ${rows[0].product_key} already`, 'Add --replace to change it.')
}

interface Decision {
  label_norm: string
  product_key: string | null
  confidence: number
  source: string
  decision: Decided['decision']
  who: string
}

/** An approval ends other approvals and the rejection of the label; a rejection of the label ends its approval. */
async function decide(warehouse: Store, { label_norm, product_key, confidence, source, decision, who }: Decision): Promise<void> {
  await warehouse.withTransaction(async (session) => {
    await session.query(
      `DELETE FROM product_alias_decision WHERE label_norm = $1 AND ($2 = 'approved' AND (decision = 'approved' OR product_key IS NULL) OR $3::text IS NULL AND decision = 'approved')`,
      [label_norm, decision, product_key],
    )
    await session.query(
      `INSERT INTO product_alias_decision (label_norm, product_key, decision, source, confidence, decided_by) VALUES ($1, $2, $3, $4, $5, $6)
       ON CONFLICT (label_norm, product_key) DO UPDATE SET decision = excluded.decision, source = excluded.source, confidence = excluded.confidence,
         decided_by = excluded.decided_by, decided_at = now()`,
      [label_norm, product_key, decision, source, confidence, who],
    )
  })
}
