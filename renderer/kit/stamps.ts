/** Stamps inside sentences of the server, told in the reader's own clock. Pure but for the reader's locale. */
import { formatDateTime } from './format.ts'

const STAMP = /\b\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?Z/g

/** `Due 2026-11-22T02:00:00.000Z.` → `Due Nov 22, 2026, 3:00 AM.`; `say` puts a moment into words. */
export function sayStamps(sentence: string, say: (stamp: string) => string = formatDateTime): string {
  return sentence.replaceAll(STAMP, (stamp) => say(stamp))
}
