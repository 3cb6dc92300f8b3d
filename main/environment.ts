/**
 * The environment that the server gets. By default a utility process inherits all of it: `NODE_OPTIONS` and
 * `LD_PRELOAD` would reach into our server, and every token of the person's shell would lie in its memory.
 */
const KEPT = new Set([
  // finding programs, folders and the person's language
  'PATH',
  'HOME',
  'USER',
  'LOGNAME',
  'SHELL',
  'LANG',
  'LANGUAGE',
  'TZ',
  'TMPDIR',
  'TEMP',
  'TMP',
  // Windows: without these neither sockets nor folders work
  'SYSTEMROOT',
  'WINDIR',
  'COMSPEC',
  'PATHEXT',
  'APPDATA',
  'LOCALAPPDATA',
  'PROGRAMDATA',
  'USERPROFILE',
  'USERNAME',
  // reaching HTTP sources through a company's proxy
  'HTTP_PROXY',
  'HTTPS_PROXY',
  'NO_PROXY',
  'NODE_EXTRA_CA_CERTS',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
])

/** `PG…` (libpq's own: PGPASSFILE, PGSSLROOTCERT …) and `QUINTILE_…` (settings, and secrets named by a workspace). */
const KEPT_PREFIXES = ['LC_', 'XDG_', 'PG', 'QUINTILE_']

/** Names are compared without case, because Windows does not know it (`Path`). */
export function serverEnvironment(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const kept: Record<string, string> = { NODE_ENV: 'production' }
  for (const [name, value] of Object.entries(env)) {
    if (value !== undefined && isKept(name.toUpperCase())) kept[name] = value
  }
  return kept
}

function isKept(name: string): boolean {
  return KEPT.has(name) || KEPT_PREFIXES.some((prefix) => name.startsWith(prefix))
}
