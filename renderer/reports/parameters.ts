/** A report's parameters in the address of its page: `?set.tenant=acme`. */
import type { LocationQuery } from 'vue-router'

/** Before a parameter's name, so that it meets no other word of the address. */
export const SET = 'set.'

/** The given values as JSON text, as the call and the export want them; undefined for none. */
export function valuesOf(query: LocationQuery): string | undefined {
  const given = Object.entries(query).flatMap(([key, value]): [string, string][] =>
    key.startsWith(SET) && typeof value === 'string' ? [[key.slice(SET.length), value]] : [],
  )
  return given.length === 0 ? undefined : JSON.stringify(Object.fromEntries(given))
}
