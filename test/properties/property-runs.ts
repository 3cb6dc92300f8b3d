/**
 * How much of a property is tried. A short, fixed part in every test run: a build fails by its change and not by chance. With
 * `QUINTILE_PROPERTY_RUNS=N` about N cases, other ones each time; what fails prints its seed and the shortest case.
 */
import fc from 'fast-check'

const SECOND = 1000
const asked = process.env['QUINTILE_PROPERTY_RUNS']

export interface PropertyRuns {
  options: fc.Parameters<unknown>
  /** For the test runner, milliseconds: behind the end of the search for the shortest case, so that it is told. */
  timeout: number
}

/** Settings for one property; `short` cases where nobody asked for more. */
export function propertyRuns(short: number): PropertyRuns {
  const numRuns = asked === undefined ? short : Number(asked)
  const seed = asked === undefined ? 20_260_101 : Math.floor(Math.random() * 2 ** 31)
  // On a busy machine a short run ends early rather than holding everybody up.
  const limit = asked === undefined ? 50 * SECOND : 120 * SECOND + numRuns * 2 * SECOND
  return { options: { numRuns, seed, plugins: [fc.interruptAfterTimeLimit(limit)] }, timeout: limit + 30 * SECOND }
}
