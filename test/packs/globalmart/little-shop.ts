/** A shop small enough to be filled and loaded within seconds, and what its warehouse says, without surrogate keys. */
import type { TestPack } from '../../tools/open-pack.ts'

export const LITTLE = { events: 8_000, users: 300, products: 80, categories: 12, days: 400 }

/** The jobs that the customer's document names, with their groups and needs. */
export const DOCUMENTED: Readonly<Record<string, { group: string; needs: readonly string[] }>> = {
  dim_date: { group: 'dimensions', needs: [] },
  dim_geography: { group: 'dimensions', needs: [] },
  dim_customers: { group: 'dimensions', needs: [] },
  dim_products: { group: 'dimensions', needs: [] },
  fact_sales: { group: 'facts', needs: ['dim_date', 'dim_geography', 'dim_customers', 'dim_products'] },
  fact_cart_events: { group: 'facts', needs: ['dim_date', 'dim_customers'] },
  fact_product_views: { group: 'facts', needs: ['dim_date', 'dim_products'] },
  rfm_analysis: { group: 'analytics', needs: ['fact_sales', 'dim_customers'] },
  product_performance: { group: 'analytics', needs: ['fact_sales', 'fact_product_views', 'dim_products'] },
  sales_trends: { group: 'analytics', needs: ['fact_sales', 'dim_date', 'dim_customers'] },
  customer_segments: { group: 'analytics', needs: ['rfm_analysis', 'dim_customers'] },
}

const newest = (table: string): string => `analysis_date = (SELECT max(analysis_date) FROM ${table})`

/** Every table as it would look had it been loaded by somebody else: keys by what they stand for. */
const CONTENTS: Readonly<Record<string, string>> = {
  transaction_lines: `SELECT to_jsonb(t) - 'landed_id' AS row FROM imported.transaction_lines t`,
  cart_events: `SELECT to_jsonb(t) - 'landed_id' AS row FROM imported.cart_events t`,
  product_view_events: `SELECT to_jsonb(t) - 'landed_id' AS row FROM imported.product_view_events t`,
  order_lines: `SELECT to_jsonb(t) - 'line_id' AS row FROM imported.order_lines t`,
  dim_date: `SELECT to_jsonb(t) AS row FROM dim_date t`,
  dim_geography: `SELECT to_jsonb(t) - 'geography_id' AS row FROM dim_geography t`,
  dim_customers: `SELECT to_jsonb(t) - ARRAY['customer_sk', 'effective_from'] AS row FROM dim_customers t WHERE is_current`,
  dim_products: `SELECT to_jsonb(t) - ARRAY['product_sk', 'effective_from'] AS row FROM dim_products t WHERE is_current`,
  fact_sales: `SELECT to_jsonb(f) - ARRAY['sale_id', 'line_id', 'customer_sk', 'product_sk', 'geography_id']
    || jsonb_build_object('was_in', c.country, 'was_called', p.product_name, 'sold_in', g.country) AS row
    FROM fact_sales f LEFT JOIN dim_customers c USING (customer_sk) JOIN dim_products p USING (product_sk) LEFT JOIN dim_geography g USING (geography_id)`,
  fact_cart_events: `SELECT to_jsonb(f) - ARRAY['cart_event_id', 'customer_sk', 'geography_id'] || jsonb_build_object('was_in', c.country, 'seen_in', g.country) AS row
    FROM fact_cart_events f LEFT JOIN dim_customers c USING (customer_sk) LEFT JOIN dim_geography g USING (geography_id)`,
  fact_product_views: `SELECT to_jsonb(f) - ARRAY['view_id', 'customer_sk', 'product_sk', 'geography_id']
    || jsonb_build_object('was_in', c.country, 'was_called', p.product_name, 'seen_in', g.country) AS row
    FROM fact_product_views f LEFT JOIN dim_customers c USING (customer_sk) LEFT JOIN dim_products p USING (product_sk) LEFT JOIN dim_geography g USING (geography_id)`,
  rfm_analysis: `SELECT to_jsonb(t) - 'rfm_id' AS row FROM rfm_analysis t WHERE ${newest('rfm_analysis')}`,
  product_performance: `SELECT to_jsonb(t) - 'performance_id' AS row FROM product_performance t WHERE ${newest('product_performance')}`,
  sales_trends: `SELECT to_jsonb(t) - 'trend_id' AS row FROM sales_trends t`,
  customer_segments: `SELECT to_jsonb(t) - 'segment_id' AS row FROM customer_segments t WHERE ${newest('customer_segments')}`,
}

/** Rows and a digest of them by table. */
export async function contentsOf(shop: TestPack): Promise<Record<string, { rows: number; digest: string }>> {
  const found: Record<string, { rows: number; digest: string }> = {}
  for (const [table, select] of Object.entries(CONTENTS)) {
    const [one] = await shop.rows<{ rows: number; digest: string }>(
      `SELECT count(*)::int AS rows, md5(coalesce(string_agg(row::text, '|' ORDER BY row::text), '')) AS digest FROM (${select}) t`,
    )
    if (one !== undefined) found[table] = one
  }
  return found
}

/** A digest of whole tables, surrogate keys and all: equal means that nothing was even written again. */
export async function digestOf(shop: TestPack, tables: readonly string[]): Promise<Record<string, unknown>[]> {
  const parts = tables.map(
    (table) =>
      `SELECT '${table}' AS name, count(*)::int AS rows, md5(coalesce(string_agg(md5(t::text), '' ORDER BY md5(t::text)), '')) AS digest FROM ${table} t`,
  )
  return shop.rows(`${parts.join(' UNION ALL ')} ORDER BY name`)
}

/** Every table of the warehouse that a job fills. */
export const FILLED = [
  ...['imported.transaction_lines', 'imported.order_lines', 'imported.cart_events', 'imported.product_view_events'],
  ...Object.keys(DOCUMENTED),
]
