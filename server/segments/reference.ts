/**
 * The reference evaluator: json-logic-js with our comparison operators. Slow (row by row) and plain; the SQL forms are
 * held against it, and it answers for a single customer.
 */
import jsonLogic from 'json-logic-js'

type Features = Record<string, string | number | boolean | null>

function comparable(a: unknown, b: unknown): boolean {
  return (
    (typeof a === 'number' && typeof b === 'number') ||
    (typeof a === 'string' && typeof b === 'string') ||
    (typeof a === 'boolean' && typeof b === 'boolean')
  )
}

/** Code points, as SQL compares; JavaScript's own `<` goes by UTF-16 units, which differ above U+FFFF. */
function order(a: unknown, b: unknown): number {
  if (typeof a === 'string' && typeof b === 'string') return Buffer.compare(Buffer.from(a), Buffer.from(b))
  return Number(a) - Number(b)
}

function ordering(test: (difference: number) => boolean) {
  return (...values: unknown[]): boolean =>
    values.slice(1).every((value, index) => comparable(values[index], value) && test(order(values[index], value)))
}

function equal(a: unknown, b: unknown): boolean {
  const [left, right] = [a ?? null, b ?? null]
  return left === right
}

const OURS: Record<string, (...values: never[]) => boolean> = {
  '<': ordering((difference) => difference < 0),
  '<=': ordering((difference) => difference <= 0),
  '>': ordering((difference) => difference > 0),
  '>=': ordering((difference) => difference >= 0),
  '==': equal,
  '===': equal,
  '!=': (a, b) => !equal(a, b),
  '!==': (a, b) => !equal(a, b),
  in: (value: unknown, list: unknown) => Array.isArray(list) && list.some((item) => equal(item, value)),
}

let registered = false

/** Whether one customer's features satisfy a rule that `parseRule` has accepted. */
export function matches(rule: unknown, features: Features): boolean {
  if (!registered) {
    for (const [name, operator] of Object.entries(OURS)) jsonLogic.add_operation(name, operator)
    registered = true
  }
  return Boolean(jsonLogic.apply(rule as jsonLogic.RulesLogic, features))
}
