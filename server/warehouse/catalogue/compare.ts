/** The warehouse as the migrations made it against the warehouse as it is, part by part. Pure. */

/** A table, a column, a constraint, an index, a view, …, with its definition as text. */
export interface Part {
  kind: string
  /** `schema.table`, `schema.table.column`, … */
  object: string
  /** The table that it belongs to; null for what stands by itself. */
  parent: string | null
  definition: string
}

/** A part that is not as the migrations made it. */
export interface Drift {
  object: string
  kind: string
  /** Null: no migration made it. */
  expected: string | null
  /** Null: it is missing. */
  found: string | null
}

export interface Comparison {
  drift: Drift[]
  /** Tables, views and the like beside ours, which no migration made: the user’s own. */
  extra: { object: string; kind: string }[]
}

const keyOf = ({ kind, object }: { kind: string; object: string }): string => `${kind} ${object}`

/** `foreign`: what other sets made, which is neither ours nor the user’s. */
export function compareParts({ expected, foreign, live }: Record<'expected' | 'foreign' | 'live', readonly Part[]>): Comparison {
  const known = new Map(expected.map((part) => [keyOf(part), part]))
  const found = new Map(live.map((part) => [keyOf(part), part]))
  const notOurs = new Set(foreign.map(keyOf))
  const missing = expected.filter((part) => !found.has(keyOf(part)))
  const unknown = live.filter((part) => !known.has(keyOf(part)) && !notOurs.has(keyOf(part)))
  const owners = new Set(expected.flatMap((part) => (part.parent === null ? [part.object] : [])))
  const added = unknown.filter((part) => part.parent !== null && owners.has(part.parent))
  const renamed = findRenamed(missing, added)
  const isAlone = (part: Part): boolean => !renamed.has(keyOf(part)) && !hasLostItsTable(part, missing)
  const drift: Drift[] = [
    ...expected.flatMap((part) => {
      const now = found.get(keyOf(part))
      return now === undefined || now.definition === part.definition ? [] : [toDrift(part, part.definition, now.definition)]
    }),
    ...missing.filter(isAlone).map((part) => toDrift(part, part.definition, null)),
    ...added.filter(isAlone).map((part) => toDrift(part, null, part.definition)),
  ]
  const schemas = new Set(expected.map(schemaOf))
  const extra = unknown.filter((part) => part.parent === null && schemas.has(schemaOf(part)))
  return {
    drift: drift.sort((a, b) => compareText(keyOf(turned(a)), keyOf(turned(b)))),
    extra: extra.map(({ object, kind }) => ({ object, kind })).sort((a, b) => compareText(a.object, b.object)),
  }
}

const toDrift = ({ object, kind }: Part, expected: string | null, found: string | null): Drift => ({ object, kind, expected, found })

/** By object first, so that a table’s parts stand together. */
const turned = ({ object, kind }: Drift): { kind: string; object: string } => ({ kind: object, object: kind })

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** A missing table says it all; its columns need not be told. */
function hasLostItsTable(part: Part, missing: readonly Part[]): boolean {
  return part.parent !== null && missing.some((owner) => owner.parent === null && owner.object === part.parent)
}

/** An index or a constraint under another name does the same work: a load that swaps tables may rename them. */
function findRenamed(missing: readonly Part[], added: readonly Part[]): Set<string> {
  const renamed = new Set<string>()
  for (const part of missing.filter(({ kind }) => kind === 'index' || kind === 'constraint')) {
    const twin = added.find(
      (one) => one.kind === part.kind && one.parent === part.parent && one.definition === part.definition && !renamed.has(keyOf(one)),
    )
    if (twin !== undefined) renamed.add(keyOf(part)).add(keyOf(twin))
  }
  return renamed
}

/** The schema of an object: what stands before the first dot outside quotes. */
function schemaOf({ object, kind }: { object: string; kind: string }): string {
  return kind === 'schema' ? object : (/^("(?:[^"]|"")*"|[^."]+)/.exec(object)?.[1] ?? object)
}
