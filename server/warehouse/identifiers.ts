import { mistake } from '../../shared/failure.ts'

const PLAIN = /^[A-Za-z_][A-Za-z0-9_]{0,62}$/

/**
 * Quotes one identifier that comes from a declaration or a setting, after checking it: letters, digits and `_`,
 * at most 63 characters. Anything else is refused, so that no name can ever carry SQL.
 */
export function quoteIdentifier(name: string): string {
  if (!PLAIN.test(name)) {
    throw mistake(
      'warehouse.bad-identifier',
      `“${name}” is not a plain identifier`,
      'Use letters, digits and _, starting with a letter, at most 63 characters.',
    )
  }
  return `"${name}"`
}

/** Quotes `table` or `schema.table`. */
export function quoteQualified(name: string): string {
  const parts = name.split('.')
  if (parts.length > 2) throw mistake('warehouse.bad-identifier', `“${name}” has more than one dot`, 'Write table or schema.table.')
  return parts.map(quoteIdentifier).join('.')
}

/** A comma-separated list of quoted columns, optionally each behind an alias: `t."a", t."b"`. */
export function quoteList(names: readonly string[], alias?: string): string {
  return names.map((name) => (alias === undefined ? quoteIdentifier(name) : `${alias}.${quoteIdentifier(name)}`)).join(', ')
}

/** A text literal; for the few statements that take no parameters (COPY, ALTER DATABASE). */
export function quoteLiteral(text: string): string {
  const escaped = text.replaceAll("'", "''")
  return text.includes('\\') ? ` E'${escaped.replaceAll('\\', '\\\\')}'` : `'${escaped}'`
}
