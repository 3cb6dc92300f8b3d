/** Edit distance (Levenshtein), one row at a time. */
function distance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i += 1) {
    const current = [i]
    for (let j = 1; j <= b.length; j += 1) {
      const substituted = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      current.push(Math.min(substituted, (previous[j] ?? 0) + 1, (current[j - 1] ?? 0) + 1))
    }
    previous = current
  }
  return previous[b.length] ?? 0
}

/**
 * The known word that a mistyped one most likely means, or undefined when nothing is near: at most a third of its
 * letters may differ, and always at least two, so that short names still find each other.
 */
export function nearest(word: string, known: readonly string[]): string | undefined {
  const limit = Math.max(2, Math.floor(word.length / 3))
  let best: { name: string; far: number } | undefined
  for (const name of known) {
    const far = distance(word.toLowerCase(), name.toLowerCase())
    if (far <= limit && (best === undefined || far < best.far)) best = { name, far }
  }
  return best?.name
}

/** `Did you mean “x”?` or a list of what there is. */
export function suggest(word: string, known: readonly string[]): string {
  const found = nearest(word, known)
  if (found !== undefined) return `Did you mean “${found}”?`
  return known.length === 0 ? 'There are none.' : `There are: ${[...known].sort().join(', ')}.`
}
