/** Which colour a name has: the same on every screen, in every chart, on every day. */

/** The RFM segments have colours of their own (tokens of `theme.css`). */
const SEGMENTS: ReadonlyMap<string, string> = new Map([
  ['champions', '--segment-champions'],
  ['loyal customers', '--segment-loyal'],
  ['potential loyalists', '--segment-potential'],
  ['at risk', '--segment-at-risk'],
  ['need attention', '--segment-attention'],
  ['lost customers', '--segment-lost'],
])

export const PALETTE: readonly string[] = Array.from({ length: 10 }, (_, index) => `--series-${index + 1}`)
export const OTHER = 'Other'
const OTHER_TOKEN = '--series-other'

/** FNV-1a, 32 bit: spreads short names well and is the same everywhere. */
function hash(text: string): number {
  let value = 0x811c9dc5
  for (let index = 0; index < text.length; index += 1) value = Math.imul(value ^ text.charCodeAt(index), 0x01000193) >>> 0
  return value
}

/** Names, file names and ids of a segment read alike: `at_risk`, `At Risk`. */
function plain(name: string): string {
  return name.toLowerCase().replaceAll(/[_-]+/g, ' ').trim()
}

export function isSegmentName(name: string): boolean {
  return SEGMENTS.has(plain(name))
}

/** The token of one name, without regard to its neighbours. */
export function colourToken(name: string): string {
  if (name === OTHER) return OTHER_TOKEN
  return SEGMENTS.get(plain(name)) ?? PALETTE[hash(plain(name)) % PALETTE.length] ?? OTHER_TOKEN
}

/**
 * Tokens for names that stand in one chart: each by its hash, and where two would share a colour the later in the
 * alphabet takes the next free one. The result does not depend on the order of the names.
 */
export function assignColours(names: readonly string[]): Map<string, string> {
  const taken = new Set<string>()
  const assigned = new Map<string, string>()
  for (const name of [...new Set(names)].sort()) {
    const wanted = colourToken(name)
    const first = PALETTE.indexOf(wanted)
    const free =
      first < 0
        ? wanted
        : (PALETTE.map((_, step) => PALETTE[(first + step) % PALETTE.length] ?? wanted).find((token) => !taken.has(token)) ?? wanted)
    taken.add(free)
    assigned.set(name, free)
  }
  return assigned
}

/** Resolves tokens to what the browser paints now; charts cannot read `var()`. */
export function resolveColours(tokens: readonly string[]): Record<string, string> {
  const probe = document.createElement('span')
  probe.hidden = true
  document.body.append(probe)
  const resolved = Object.fromEntries(
    tokens.map((token) => {
      probe.style.color = `var(${token})`
      return [token, getComputedStyle(probe).color]
    }),
  )
  probe.remove()
  return resolved
}
