/** What is wrong with a schedule’s text: where, in words, and the one word that may mend it. Pure. */
import type { ScheduleValidation } from '../../shared/schedule.ts'

export type Problem = NonNullable<ScheduleValidation['problem']>

export interface PlacedProblem {
  /** From 1; null where the problem has no line. */
  line: number | null
  words: string
  hint: string | null
}

const PLACE = /^\S+\.yaml:(\d+): /

/** The message begins with `file:line`; on the screen the line stands beside the text. */
export function placeProblem({ message, hint }: Pick<Problem, 'message' | 'hint'>): PlacedProblem {
  const found = PLACE.exec(message)
  return { line: found === null ? null : Number(found[1]), words: message.replace(PLACE, ''), hint }
}

export interface Mend {
  wrong: string
  right: string
  /** Where the wrong word begins in the text. */
  at: number
}

/** Letters that belong to the word beside them. */
const WORD = /[\w@-]/

function placeOf(text: string, word: string, from: number): number {
  for (let at = text.indexOf(word, from); at >= 0; at = text.indexOf(word, at + 1)) {
    const [before = '', after = ''] = [text[at - 1], text[at + word.length]]
    if (!WORD.test(before) && !WORD.test(after)) return at
  }
  return -1
}

/** “Did you mean …?” as something that can be done; null where the wrong word is not found from that line on. */
export function mendOf(text: string, problem: Pick<Problem, 'message' | 'hint'>): Mend | null {
  const right = /Did you mean “([^”]+)”\?/.exec(problem.hint ?? '')?.[1]
  const { line, words } = placeProblem(problem)
  const wrong = /“([^”]+)”/.exec(words)?.[1] ?? /([\w-]+) is not known$/.exec(words)?.[1]
  if (right === undefined || wrong === undefined) return null
  const from = text
    .split('\n')
    .slice(0, (line ?? 1) - 1)
    .reduce((sum, one) => sum + one.length + 1, 0)
  const at = placeOf(text, wrong, from)
  return at < 0 ? null : { wrong, right, at }
}

export function applyMend(text: string, { wrong, right, at }: Mend): string {
  return `${text.slice(0, at)}${right}${text.slice(at + wrong.length)}`
}
