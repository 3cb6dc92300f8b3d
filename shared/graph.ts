/** A graph of names: each points at the names it needs. Pure; the same order for the same graph, always. */
export type Graph = ReadonlyMap<string, readonly string[]>

/** The names in an order in which each comes after all that it needs; ties by name. Needs outside the graph are ignored. */
export function topologicalOrder(graph: Graph): string[] {
  const waiting = new Map([...graph].map(([name, needs]) => [name, new Set(needs.filter((need) => graph.has(need)))]))
  const order: string[] = []
  while (waiting.size > 0) {
    const ready = [...waiting]
      .filter(([, needs]) => needs.size === 0)
      .map(([name]) => name)
      .sort()
    const next = ready[0]
    if (next === undefined) throw new Error(`cycle: ${(findCycle(graph) ?? []).join(' → ')}`)
    waiting.delete(next)
    order.push(next)
    for (const needs of waiting.values()) needs.delete(next)
  }
  return order
}

/** One cycle as `a, b, a`, or undefined where there is none. */
export function findCycle(graph: Graph): string[] | undefined {
  const finished = new Set<string>()
  const walk = (name: string, trail: readonly string[]): string[] | undefined => {
    const seen = trail.indexOf(name)
    if (seen >= 0) return [...trail.slice(seen), name]
    if (finished.has(name)) return undefined
    for (const need of graph.get(name) ?? []) {
      const found = walk(need, [...trail, name])
      if (found !== undefined) return found
    }
    finished.add(name)
    return undefined
  }
  for (const name of graph.keys()) {
    const found = walk(name, [])
    if (found !== undefined) return found
  }
  return undefined
}
