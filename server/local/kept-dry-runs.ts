/** Dry runs of this machine: the warehouse must stay as it was, so what they predicted is kept here. */
import type { Database } from 'better-sqlite3'
import type { DryRun } from '../../shared/plan.ts'

export interface KeptDryRuns {
  /** Keeps a dry run as it stands now, in the place of what was kept of it. */
  keepDryRun(dryRun: DryRun): void
  dryRun(id: string): DryRun | undefined
  /** Newest first. */
  listDryRuns(): DryRun[]
}

/** More would be read by nobody. */
const KEPT = 50

/** Opens what is kept in a migrated file. */
export function openKeptDryRuns(database: Database): KeptDryRuns {
  const put = database.prepare(
    'INSERT INTO dry_runs (dry_run_id, started_at, content) VALUES (?, ?, ?) ON CONFLICT (dry_run_id) DO UPDATE SET content = excluded.content',
  )
  const thin = database.prepare(
    `DELETE FROM dry_runs WHERE dry_run_id NOT IN (SELECT dry_run_id FROM dry_runs ORDER BY started_at DESC LIMIT ${String(KEPT)})`,
  )
  const one = database.prepare<[string], { content: string }>('SELECT content FROM dry_runs WHERE dry_run_id = ?')
  const all = database.prepare<[], { content: string }>('SELECT content FROM dry_runs ORDER BY started_at DESC, dry_run_id DESC')
  return {
    keepDryRun: (dryRun) => {
      put.run(dryRun.dry_run_id, dryRun.started_at, JSON.stringify(dryRun))
      thin.run()
    },
    dryRun: (id) => {
      const row = one.get(id)
      return row === undefined ? undefined : (JSON.parse(row.content) as DryRun)
    },
    listDryRuns: () => all.all().map((row) => JSON.parse(row.content) as DryRun),
  }
}
