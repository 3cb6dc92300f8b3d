/** Names of somebody else's tables and columns: any sign may be in them. */

/** A column as SQL. */
export function quoteAny(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

/** A part of the mapping to stand behind FROM. */
export function relationSql({ table, query }: { table?: string | undefined; query?: string | undefined }, alias: string): string {
  return table === undefined ? `(\n${(query ?? '').trim().replace(/;$/, '')}\n) ${alias}` : `${table} ${alias}`
}

/** Small letters, digits and _, as features are called. */
export function featureName(column: string): string {
  const name = column
    .normalize('NFD')
    .replaceAll(/\p{M}/gu, '')
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '_')
    .replaceAll(/^_+|_+$/g, '')
    .slice(0, 60)
  return /^[a-z]/.test(name) ? name : `f_${name}`
}
