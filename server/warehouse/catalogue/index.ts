/** Drift: whether somebody changed by hand what the migrations made. Compares what they wrote down with what is there. */
import { mistake } from '../../../shared/failure.ts'
import type { Connection } from '../connection.ts'
import { withClient, type Session } from '../session.ts'
import { compareParts, type Comparison, type Drift, type Part } from './compare.ts'

export type { Drift } from './compare.ts'

export interface DriftReport extends Comparison {
  /** True when there is no drift; extras are none. */
  ok: boolean
  /** Parts that were compared. */
  compared: number
}

interface CatalogueRow extends Part {
  set_name: string
}

/** Compares; changes nothing. Errors: `warehouse.not-described` where the engine’s migration 0004 is not applied. */
export async function checkDrift(session: Session, sets: readonly string[]): Promise<DriftReport> {
  const { rows: found } = await session.query<{ found: boolean }>(`SELECT to_regclass('quintile.catalogue') IS NOT NULL AS found`)
  if (found[0]?.found !== true) {
    throw mistake(
      'warehouse.not-described',
      'The warehouse does not know how its tables were made',
      'Run “quintile warehouse upgrade” first; from then on every migration writes it down.',
    )
  }
  const { rows: written } = await session.query<CatalogueRow>('SELECT kind, object, parent, definition, set_name FROM quintile.catalogue')
  const { rows: live } = await session.query<Part>('SELECT kind, object, parent, definition FROM quintile.schema_parts()')
  const isOurs = ({ set_name }: CatalogueRow): boolean => sets.includes(set_name)
  const expected = written.filter(isOurs)
  const comparison = compareParts({ expected, foreign: written.filter((row) => !isOurs(row)), live })
  return { ok: comparison.drift.length === 0, compared: expected.length, ...comparison }
}

/** Takes what was found for what should be: writes the drift into the catalogue. */
export async function acceptDrift(connection: Connection, drift: readonly Drift[]): Promise<void> {
  await withClient(connection, 'quintile check', async (session) => {
    await session.query('BEGIN')
    for (const { kind, object, found } of drift) {
      await (found === null
        ? session.query(
            `DELETE FROM quintile.catalogue WHERE (kind = $1 AND object = $2) OR ($1 IN ('table', 'materialized view', 'view') AND parent = $2)`,
            [kind, object],
          )
        : session.query(ADOPT, [kind, object]))
    }
    await session.query('COMMIT')
  })
}

/** The part as it is now; one that is new belongs to the set and the migration of its table. */
const ADOPT = `
  INSERT INTO quintile.catalogue (kind, object, parent, definition, set_name, migration, described_at)
  SELECT p.kind, p.object, p.parent, p.definition, c.set_name, c.migration, now()
  FROM quintile.schema_parts() p
  JOIN quintile.catalogue c ON (c.kind, c.object) = (p.kind, p.object) OR (c.kind = 'table' AND c.object = p.parent)
  WHERE p.kind = $1 AND p.object = $2 ORDER BY (c.object = p.object) DESC LIMIT 1
  ON CONFLICT (kind, object) DO UPDATE SET definition = excluded.definition, described_at = excluded.described_at`
