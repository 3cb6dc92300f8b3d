/**
 * `npm run chaos -- [--kills N] [--seed S] [--format json]`: imports and runs of the whole product, struck by a fault at a
 * random moment N times; after each, the next run must bring everything, once, and the run book must tell the truth.
 */
import { parseArgs } from 'node:util'
import { wreak } from './wreak.ts'

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '50' },
    seed: { type: 'string', default: '1' },
    format: { type: 'string', default: 'text' },
  },
})
const report = await wreak({
  kills: Number(values.kills),
  seed: Number(values.seed),
  say: (text) => process.stderr.write(`${text}\n`),
})
const { lost, doubled, wrong_versions, false_log_lines } = report
const whole = lost + doubled + wrong_versions + false_log_lines === 0
process.stdout.write(
  values.format === 'json'
    ? `${JSON.stringify(report)}\n`
    : `${String(report.kills)} faults in ${report.seconds.toFixed(0)} s: ${String(lost)} lost, ${String(doubled)} doubled, ${String(wrong_versions)} wrong versions, ${String(false_log_lines)} false log lines\n`,
)
process.exit(whole ? 0 : 1)
