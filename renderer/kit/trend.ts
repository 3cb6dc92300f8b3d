/** A handful of numbers over time as a small line. Pure. */

/** Points for an SVG polyline in a box; gaps (null) divide the line. Zero stands at the bottom, so that heights compare. */
export function trendLines(values: readonly (number | null)[], box: { width: number; height: number }): string[] {
  const top = Math.max(1, ...values.map((value) => value ?? 0))
  const step = values.length < 2 ? 0 : box.width / (values.length - 1)
  const lines: string[][] = [[]]
  values.forEach((value, at) => {
    if (value === null) lines.push([])
    else lines.at(-1)?.push(`${Math.round(at * step * 10) / 10},${Math.round((1 - value / top) * box.height * 10) / 10}`)
  })
  return lines.filter((points) => points.length > 0).map((points) => points.join(' '))
}

/** “20 results: from 12 to 37, highest 40, now 37”. */
export function trendWords(values: readonly (number | null)[]): string {
  const known = values.flatMap((value) => value ?? [])
  if (known.length === 0) return 'no numbers yet'
  return `${known.length} results, lowest ${Math.min(...known)}, highest ${Math.max(...known)}, last ${known.at(-1) ?? 0}`
}
