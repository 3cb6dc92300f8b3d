/**
 * `npm run bench -- [NAME…] [--format json]`: each benchmark prints a line; with `json`, one JSON object a line. Speed is
 * told as a ratio to a limit measured in the same run, since seconds of one machine say nothing of another.
 */
import { bench as copyBench } from './copy.ts'
import { bench as generateBench } from './generate.ts'
import { bench as importBench } from './import.ts'
import { bench as pipelineBench } from './pipeline.ts'
import { bench as scd2Bench } from './scd2.ts'

interface Line {
  name: string
  median_s: number
  limit_s: number
  ratio: number
  limit: string
}

const BENCHES: Record<string, () => Promise<readonly Line[]>> = {
  copy: copyBench,
  'copy-keyed': copyBench,
  generate: async () => [await generateBench()],
  import: async () => [await importBench()],
  scd2: async () => [await scd2Bench()],
  'first-run': pipelineBench,
  incremental: pipelineBench,
}

const words = process.argv.slice(2).filter((word) => !word.startsWith('--') && word !== 'json')
const asJson = process.argv.includes('json')
const unknown = words.find((word) => BENCHES[word] === undefined)
if (unknown !== undefined) {
  process.stderr.write(`There is no benchmark “${unknown}”. There are: ${Object.keys(BENCHES).join(', ')}.\n`)
  process.exit(2)
}

// Two names of one measurement run it once.
const chosen = new Set((words.length === 0 ? Object.keys(BENCHES) : words).map((word) => BENCHES[word]))
for (const bench of chosen) {
  for (const line of (await bench?.()) ?? []) {
    const text = `${line.name.padEnd(14)} ${line.median_s.toFixed(3)} s, ${line.ratio.toFixed(2)} of the limit (${line.limit_s.toFixed(3)} s: ${line.limit})`
    process.stdout.write(`${asJson ? JSON.stringify(line) : text}\n`)
  }
}
