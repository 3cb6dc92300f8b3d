/** Random histories of a source: what it says, in which batches, and when the load breaks. */
import fc from 'fast-check'
import type { Change } from './history-feed-model.ts'
import type { Column, Statement } from './history-model.ts'
import type { Visit } from './history-engine.ts'

/** Times are so few that rows meet versions at their very beginnings and ends. */
const LAST = 24

const key = fc.constantFrom('ann', 'ben', 'cat', 'dan', 'eve', 'fay', 'gil')
const at = fc.nat(LAST)
const country = fc.constantFrom('UK', 'France', '', null)
const segment = fc.constantFrom('Champions', 'Lost', null)
const total = fc.nat(3)

export interface Story {
  /** How rows get their time. */
  times: 'boundary' | 'effective' | 'changes'
  deletes: 'ignore' | 'close' | 'reopen'
  /** A second job feeds the segments. */
  isShared: boolean
  steps: readonly Step[]
}

export type Step =
  | { kind: 'statements'; statements: readonly Statement[]; load: Circumstances }
  | { kind: 'changes'; changes: readonly Change[]; load: Circumstances }
  | { kind: 'segments'; statements: readonly Statement[]; load: Circumstances }
  | { kind: 'visits'; visits: readonly Visit[]; crashAt: number | null }

export interface Circumstances {
  isFull: boolean
  boundary: number
  /** The statement at which the first try breaks. */
  crashAt: number | null
  /** The same batch comes again at once. */
  isRepeated: boolean
  isRebuilt: boolean
}

const crashAt = fc.option(fc.nat(24), { freq: 2 })
const circumstances: fc.Arbitrary<Circumstances> = fc.record({
  isFull: fc.boolean(),
  boundary: at,
  crashAt,
  isRepeated: fc.boolean(),
  // Rebuilding is rare, and histories have more to tell when they are long.
  isRebuilt: fc.nat(9).map((number) => number === 9),
})

const gone = fc.nat(3).map((number) => number === 3)
const statement: fc.Arbitrary<Statement> = fc.record({ key, at, country, spent: total, gone })
/** One row per key and time, as the checks of a step leave a batch. */
const statements = fc.uniqueArray(statement, { maxLength: 18, selector: (one) => `${one.key} ${String(one.at)}` })
const atOnce = fc.uniqueArray(statement, { maxLength: 7, selector: (one) => one.key })

const change: fc.Arbitrary<Change> = fc.record({
  change: fc.oneof(
    { arbitrary: fc.constantFrom('insert' as const, 'update' as const, 'delete' as const), weight: 15 },
    { arbitrary: fc.constant('truncate' as const), weight: 1 },
  ),
  key,
  at,
  country,
  spent: total,
  // Seldom: what nobody knows before is refused.
  unchanged: fc.oneof(
    { arbitrary: fc.constant<Column[]>([]), weight: 12 },
    { arbitrary: fc.subarray<Column>(['country', 'spent']), weight: 1 },
  ),
})
/** Two changes each are one commit with one time. */
const changes = fc.array(change, { maxLength: 18 }).map((all) =>
  all.map((one, index) => ({
    ...one,
    at: all[index - (index % 2)]?.at ?? one.at,
    unchanged: one.change === 'update' ? one.unchanged : [],
  })),
)

const segments = fc.uniqueArray(fc.record({ key, at, segment, score: total, gone: fc.constant(false) }), {
  maxLength: 9,
  selector: (one) => `${one.key} ${String(one.at)}`,
})

const visits = fc.array(fc.record({ key: fc.option(key, { freq: 9 }), at }), { maxLength: 12 })

function stepOf(times: Story['times'], isShared: boolean): fc.Arbitrary<Step> {
  const own: fc.Arbitrary<Step> =
    times === 'changes'
      ? fc.record({ kind: fc.constant('changes' as const), changes, load: circumstances })
      : fc
          .record({ kind: fc.constant('statements' as const), statements: times === 'boundary' ? atOnce : statements, load: circumstances })
          .map((step) =>
            times === 'boundary' ? { ...step, statements: step.statements.map((one) => ({ ...one, at: step.load.boundary })) } : step,
          )
  const other: fc.Arbitrary<Step> = fc.record({ kind: fc.constant('segments' as const), statements: segments, load: circumstances })
  const facts: fc.Arbitrary<Step> = fc.record({ kind: fc.constant('visits' as const), visits, crashAt })
  return fc.oneof({ arbitrary: own, weight: 3 }, { arbitrary: isShared ? other : own, weight: 1 }, { arbitrary: facts, weight: 1 })
}

/** A kind of history and up to six things that happen to it. */
export const story: fc.Arbitrary<Story> = fc
  .record({
    times: fc.constantFrom('boundary' as const, 'effective' as const, 'changes' as const),
    deletes: fc.constantFrom('ignore' as const, 'close' as const, 'reopen' as const),
    isShared: fc.boolean(),
  })
  .chain((kind) =>
    fc
      .record({ steps: fc.array(stepOf(kind.times, kind.isShared), { minLength: 1, maxLength: 6 }) })
      .map(({ steps }) => ({ ...kind, steps })),
  )
