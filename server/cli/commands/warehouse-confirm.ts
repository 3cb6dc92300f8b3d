import { createInterface } from 'node:readline/promises'
import { mistake } from '../../../shared/failure.ts'
import type { Context } from '../context.ts'

/**
 * Asks a person before something that cannot be undone; `yes` answers for them. The question goes to standard error, so
 * that standard output stays clean. Errors: `warehouse.not-confirmed`, also where there is nobody to ask.
 */
export async function confirm({ output, signal }: Context, lines: readonly string[], yes: boolean): Promise<void> {
  for (const line of lines) output.say(line)
  if (yes) return
  const refused = 'Nothing was changed'
  if (!process.stdin.isTTY || !process.stderr.isTTY)
    throw mistake('warehouse.not-confirmed', `${refused}: nobody is there to confirm it`, 'Add --yes.')
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  try {
    const answer = await terminal.question('Go on? [y/N] ', { signal })
    if (!/^y(es)?$/i.test(answer.trim())) throw mistake('warehouse.not-confirmed', refused)
  } finally {
    terminal.close()
  }
}
