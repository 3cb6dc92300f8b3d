/** A short piece of `npm run chaos`, which strikes fifty times. */
import { expect, test } from 'vitest'
import { wreak } from '../chaos/wreak.ts'

test('faults at random moments of imports and runs lose nothing, double nothing and leave a truthful run book', async () => {
  const said: string[] = []
  const report = await wreak({ kills: 3, seed: 20, say: (text) => said.push(text) })
  expect(report, said.join('\n')).toMatchObject({ kills: 3, lost: 0, doubled: 0, wrong_versions: 0, false_log_lines: 0 })
  expect(report.lines).toBeGreaterThan(3_000)
})
