/** What must hold after every fault and the run that follows it: asked of the database itself, past the product's own code. */
import type pg from 'pg'
import type { Truth } from './shop.ts'

/** Counts of what is wrong; all zero when all is well. */
export interface Damage {
  lost: number
  doubled: number
  /** Facts that carry a version which was not valid at their time, overlapping versions, keys with two current ones. */
  wrong_versions: number
  /** Lines of the run book that say what did not happen. */
  false_log_lines: number
  /** Which of the sentences below the book broke. */
  lies: number[]
}

async function one(client: pg.Client, sql: string): Promise<number> {
  const { rows } = await client.query<{ n: string }>(sql)
  return Number(rows[0]?.n ?? 0)
}

const VERSIONS = ['dim_customers', 'dim_products'].map((table) => [table, table === 'dim_customers' ? 'user_id' : 'product_id'] as const)

async function wrongVersions(client: pg.Client): Promise<number> {
  let wrong = 0
  for (const [table, key] of VERSIONS) {
    wrong += await one(
      client,
      `SELECT count(*) AS n FROM ${table} a JOIN ${table} b ON a.${key} = b.${key} AND a.effective_from < b.effective_from AND b.effective_from < a.effective_to`,
    )
    wrong += await one(
      client,
      `SELECT count(*) AS n FROM (SELECT ${key} FROM ${table} WHERE is_current GROUP BY ${key} HAVING count(*) <> 1) x`,
    )
  }
  const misplaced = (table: string, sk: string, key: string): string =>
    `SELECT count(*) AS n FROM fact_sales f LEFT JOIN ${table} v ON v.${sk} = f.${sk}
     WHERE v.${sk} IS NULL OR v.${key} <> f.${key} OR f.transaction_timestamp < v.effective_from OR f.transaction_timestamp >= v.effective_to`
  wrong += await one(client, misplaced('dim_customers', 'customer_sk', 'user_id'))
  wrong += await one(client, misplaced('dim_products', 'product_sk', 'product_id'))
  return wrong
}

/** Every way in which the book could lie that can be told from the data. */
const LIES = [
  // A run that succeeded has no step that did not.
  `SELECT count(*) AS n FROM quintile.runs r JOIN quintile.run_steps s USING (run_id)
   WHERE r.status IN ('succeeded', 'warning') AND s.status NOT IN ('succeeded', 'warning')`,
  // A run whose steps all succeeded did not fail for a step's sake, and one that ended has no step under way.
  `SELECT count(*) AS n FROM quintile.runs r JOIN quintile.run_steps s USING (run_id)
   WHERE r.status NOT IN ('queued', 'running') AND s.status IN ('queued', 'running')`,
  // Nothing runs any more, apart from the server's own copying of features.
  `SELECT count(*) AS n FROM quintile.runs WHERE kind <> 'sync' AND (status IN ('queued', 'running') OR ended_at IS NULL)`,
  // What committed steps inserted, in all runs, is what the tables hold: nothing that was undone is claimed, nothing done is left out.
  `SELECT abs((SELECT coalesce(sum(inserted), 0) FROM quintile.run_steps WHERE job = 'fact_sales' AND status IN ('succeeded', 'warning'))
     - (SELECT count(*) FROM fact_sales)) AS n`,
  `SELECT abs((SELECT coalesce(sum(inserted), 0) FROM quintile.run_steps WHERE job = 'import orders' AND status IN ('succeeded', 'warning'))
     - (SELECT count(*) FROM imported.order_lines)) AS n`,
  `SELECT abs((SELECT coalesce(sum(inserted + versions_closed), 0) FROM quintile.run_steps WHERE job = 'dim_products' AND status IN ('succeeded', 'warning'))
     - (SELECT count(*) FROM dim_products)) AS n`,
  // Attempts end with their steps, and the last one as the step did.
  `SELECT count(*) AS n FROM quintile.run_attempts a JOIN quintile.run_steps s USING (run_id, job)
   JOIN quintile.runs r USING (run_id)
   WHERE r.ended_at IS NOT NULL AND (a.status = 'running' OR (a.attempt = s.attempts AND a.status <> s.status))`,
  // Leases are given back.
  `SELECT count(*) AS n FROM quintile.leases l JOIN quintile.runs r USING (run_id) WHERE r.ended_at IS NOT NULL AND l.heartbeat_at > r.ended_at + interval '1 minute'`,
]

/** Looks at everything. */
export async function prove(client: pg.Client, truth: Truth): Promise<Damage> {
  const facts = await one(client, 'SELECT count(DISTINCT line_id) AS n FROM fact_sales')
  const rows = await one(client, 'SELECT count(*) AS n FROM fact_sales')
  const lines = await one(client, 'SELECT count(*) AS n FROM imported.order_lines')
  const worth = await one(client, 'SELECT (coalesce(sum(total_revenue), 0) * 1000)::bigint AS n FROM fact_sales')
  const lies: number[] = []
  for (const lie of LIES) lies.push(await one(client, lie))
  return {
    lost: Math.max(0, truth.lines - lines) + Math.max(0, truth.lines - facts),
    doubled: Math.max(0, lines - truth.lines) + (rows - facts) + (worth === truth.thousandths ? 0 : 1),
    wrong_versions: await wrongVersions(client),
    false_log_lines: lies.reduce((sum, count) => sum + count, 0),
    lies,
  }
}
