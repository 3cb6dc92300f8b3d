/** How new the data is, and when it last changed: by what the runs wrote down, or, where none of ours loads it, by a query. */
import type { Session } from '../warehouse/index.ts'

/** The newest data of any target, and when a target last changed; null where nobody knows. */
export interface Stamp {
  as_of: string | null
  changed_at: string | null
}

/** Asks a session or the warehouse. */
export type ReadStamp = (from: Pick<Session, 'query'>) => Promise<Stamp>

const ISO = `'YYYY-MM-DD"T"HH24:MI:SS"Z"'`

/** By the targets of our runs. */
export const stampOfLoads: ReadStamp = async (from) => {
  const { rows } = await from.query<Stamp>(
    `SELECT to_char(max(data_as_of), ${ISO}) AS as_of, max(changed_at)::text AS changed_at FROM quintile.targets`,
  )
  return rows[0] ?? { as_of: null, changed_at: null }
}

/**
 * For a warehouse that others load.
 * @param query a SELECT of one time; without it nobody knows
 */
export function stampOfData(query: string | undefined): ReadStamp {
  return async (from) => {
    if (query === undefined) return { as_of: null, changed_at: null }
    const { rows } = await from.query<{ as_of: string | null }>(`SELECT to_char((\n${query}\n)::timestamptz, ${ISO}) AS as_of`)
    return { as_of: rows[0]?.as_of ?? null, changed_at: null }
  }
}
