/** Which addresses the shell trusts. Pure, so that every line of it is tested. */

export const APP_SCHEME = 'app'
export const APP_HOST = 'quintile'
export const APP_ORIGIN = `${APP_SCHEME}://${APP_HOST}`

/**
 * True for addresses of our own page. Scheme and host are compared separately: Node's `URL` reports the origin
 * `null` for every scheme it does not know, so `origin` would make all custom schemes equal. `host` includes a
 * port, and ours has none.
 */
export function isAppUrl(address: string): boolean {
  const url = parse(address)
  return url !== null && url.protocol === `${APP_SCHEME}:` && url.host === APP_HOST
}

/** True for addresses that may be handed to the person's browser or mail program. */
export function isSafeExternal(address: string): boolean {
  const url = parse(address)
  return url !== null && (url.protocol === 'https:' || url.protocol === 'mailto:')
}

/** What our page may ask of the browser engine: to notify, and to put text on the clipboard. Nothing else. */
export function isAllowedPermission(permission: string): boolean {
  return permission === 'notifications' || permission === 'clipboard-sanitized-write'
}

function parse(address: string): URL | null {
  return URL.canParse(address) ? new URL(address) : null
}
