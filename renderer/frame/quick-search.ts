/** What quick search finds, best first. Pure. */
export interface Place {
  kind: 'Screen' | 'Job' | 'Segment' | 'Report'
  title: string
  text: string
  to: string
}

/** 0 = does not fit; higher is better: the title begins with it, a word begins with it, it is in the title, in the text. */
function fits(place: Place, words: string): number {
  const title = place.title.toLowerCase()
  if (title.startsWith(words)) return 4
  if (title.split(/[\s_-]+/).some((word) => word.startsWith(words))) return 3
  if (title.includes(words)) return 2
  return place.text.toLowerCase().includes(words) ? 1 : 0
}

/** Without words: everything, as it stands. */
export function findPlaces(places: readonly Place[], typed: string): Place[] {
  const words = typed.trim().toLowerCase()
  if (words === '') return [...places]
  return places
    .map((place) => ({ place, fit: fits(place, words) }))
    .filter(({ fit }) => fit > 0)
    .sort((a, b) => b.fit - a.fit)
    .map(({ place }) => place)
}
