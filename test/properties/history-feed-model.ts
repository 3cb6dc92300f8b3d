/** The reference for replication feeds: what a batch of changes says of each key, one change after the other. */
import { FOREVER, type Column, type Feeder, type State, type Statement, type Values } from './history-model.ts'

/** A row of a replication feed, in the order of the commits. */
export interface Change extends Partial<Values> {
  change: 'insert' | 'update' | 'delete' | 'truncate'
  /** Of a truncation any; it is about all keys. */
  key: string
  at: number
  /** Columns that the source did not send because they did not change. */
  unchanged: readonly Column[]
}

/**
 * Changes of a feed as statements: in the order of commits, a later change is never put before an earlier one. Undefined when
 * an update leaves values out that nobody knows.
 */
export function statementsOf(state: State, changes: readonly Change[], feeder: Feeder): Statement[] | undefined {
  const open = [...state].filter(([, versions]) => versions.at(-1)?.to === FOREVER).map(([key]) => key)
  const keys = new Set([...open, ...changes.filter((one) => one.change !== 'truncate').map((one) => one.key)])
  const supplied = [feeder.track, feeder.update]
  let isKnown = true
  const statements = [...keys].flatMap((key) => {
    const byTime = new Map<number, Statement>()
    const incomplete = new Set<number>()
    const isSpread = !changes.some((one) => one.change !== 'truncate' && one.key === key)
    const own = changes.filter((change) => change.change === 'truncate' || change.key === key)
    let known: Partial<Values> = {}
    let time = -Infinity
    for (const one of own) {
      time = Math.max(time, one.at)
      const gone = one.change === 'truncate' || one.change === 'delete'
      const sent = Object.fromEntries(supplied.filter((name) => !one.unchanged.includes(name)).map((name) => [name, one[name]]))
      // A row that was inserted or deleted has nothing from before.
      known = gone ? NOTHING : one.change === 'insert' ? { ...NOTHING, ...sent } : { ...known, ...sent }
      const earlier = state.get(key)?.findLast((version) => version.from <= time)
      const isComplete = earlier !== undefined || supplied.every((name) => name in known)
      if (isComplete) incomplete.delete(time)
      else incomplete.add(time)
      byTime.set(time, { ...earlier, ...known, key, at: time, gone, isSpread: isSpread && one.change === 'truncate' })
    }
    isKnown &&= incomplete.size === 0
    return [...byTime.values()]
  })
  return isKnown ? statements : undefined
}

const NOTHING: Values = { country: null, segment: null, spent: null, score: null }
