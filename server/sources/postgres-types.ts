/**
 * Which types of a source a warehouse understands. Built-in types are the same on both servers and travel in binary form;
 * all others exist only where somebody made them: enums, composite types and types of extensions (citext, geometry) are
 * handed over as text, a domain as the type below it. So are built-in types whose binary form means something on their
 * own server only (regclass is a number of a row there), and money, whose decimals depend on the server's locale, is
 * numeric.
 */
import type pg from 'pg'

export interface AskedType {
  oid: number
  /** `atttypmod`; -1 for none. */
  modifier: number
}

export interface PortableType {
  /** As the warehouse writes it, e.g. `numeric(12,2)`. */
  type: string
  /** Whether a value must be cast to it at the source. */
  cast: boolean
}

/** Object identifiers from here on are of what users and extensions made (FirstNormalObjectId). */
const FIRST_OWN = 16_384

/**
 * Follows domains down to their base and arrays to their elements; the last link is what the values are made of. True
 * arrays are the types with elements and without an array of their own (`point` and `name` have elements too).
 */
const RESOLVE = `
WITH RECURSIVE chain AS (
  SELECT position, 0 AS depth, oid, modifier, '' AS brackets
  FROM unnest($1::oid[], $2::int[]) WITH ORDINALITY AS asked (oid, modifier, position)
  UNION ALL
  SELECT c.position, c.depth + 1, CASE t.typtype WHEN 'd' THEN t.typbasetype ELSE t.typelem END,
    CASE WHEN t.typtype = 'd' AND t.typtypmod <> -1 THEN t.typtypmod ELSE c.modifier END,
    c.brackets || CASE t.typtype WHEN 'd' THEN '' ELSE '[]' END
  FROM chain AS c JOIN pg_type AS t ON t.oid = c.oid
  WHERE t.typtype = 'd' OR (t.typelem <> 0 AND t.typlen = -1 AND t.typarray = 0)
), leaf AS (
  SELECT DISTINCT ON (c.position) c.*, t.typname::text AS name,
    t.oid < ${String(FIRST_OWN)} AND t.typnamespace = 'pg_catalog'::regnamespace AND t.typtype IN ('b', 'r', 'm') AND t.typreceive <> 0
      AND t.typname !~ '^(reg|money$|pg_(node_tree|ndistinct|dependencies|mcv_list|brin))' AS is_common
  FROM chain AS c LEFT JOIN pg_type AS t ON t.oid = c.oid
  ORDER BY c.position, c.depth DESC
)
SELECT is_common, brackets, name, format_type(oid, modifier) AS type, depth > (brackets <> '')::int AS unwrapped
FROM leaf ORDER BY position`

interface Leaf {
  is_common: boolean | null
  brackets: string
  name: string | null
  type: string
  unwrapped: boolean
}

/** What each type becomes in the warehouse, in the order asked. Unknown numbers become text. */
export async function resolveTypes(client: pg.Client, asked: readonly AskedType[]): Promise<PortableType[]> {
  if (asked.length === 0) return []
  const { rows } = await client.query<Leaf>(RESOLVE, [asked.map(({ oid }) => oid), asked.map(({ modifier }) => modifier)])
  return rows.map(toPortable)
}

function toPortable({ is_common, brackets, name, type, unwrapped }: Leaf): PortableType {
  // An array of a domain over an array has no name in the warehouse.
  if (brackets.length > 2) return { type: 'text', cast: true }
  if (is_common === true) return { type: `${type}${brackets}`, cast: unwrapped }
  return { type: `${name === 'money' ? 'numeric' : 'text'}${brackets}`, cast: true }
}
