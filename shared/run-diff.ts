/** Two runs side by side: what is different in the second. Pure. */
import { z } from 'zod'
import { runStatusSchema, runSummarySchema, stepCountsSchema, type RunDetail, type RunStep, type StepCounts } from './run.ts'

/** A number on both sides; null where there is none. `percent` is a share of one: 0.125 is an eighth more. */
const changeSchema = z.object({
  before: z.number().nullable(),
  after: z.number().nullable(),
  difference: z.number().nullable(),
  percent: z.number().nullable(),
})
export type Change = z.infer<typeof changeSchema>

const COUNTS = Object.keys(stepCountsSchema.shape) as (keyof StepCounts)[]

const stepDiffSchema = z.object({
  job: z.string(),
  /** Which of the runs has the job. */
  stands_in: z.enum(['both', 'before', 'after']),
  status: z.object({ before: runStatusSchema.nullable(), after: runStatusSchema.nullable(), changed: z.boolean() }),
  counts: z.object({
    read: changeSchema,
    inserted: changeSchema,
    updated: changeSchema,
    versions_closed: changeSchema,
    unchanged: changeSchema,
    rejected: changeSchema,
  }),
  seconds: changeSchema,
  attempts: changeSchema,
  watermark: z.object({ before: z.string().nullable(), after: z.string().nullable(), changed: z.boolean() }),
})
export type StepDiff = z.infer<typeof stepDiffSchema>

/** A failure, what a check found, or why rows were rejected, with the rows on both sides; null where there are none to count. */
const findingDiffSchema = z.object({
  job: z.string().nullable(),
  finding: z.string(),
  before: z.int().nullable(),
  after: z.int().nullable(),
})
export type FindingDiff = z.infer<typeof findingDiffSchema>

export const runDiffSchema = z.object({
  before: runSummarySchema,
  after: runSummarySchema,
  seconds: changeSchema,
  steps: z.array(stepDiffSchema),
  /** Findings that the first run did not have, that the second does not have, and that both have with other rows. */
  findings: z.object({ came: z.array(findingDiffSchema), went: z.array(findingDiffSchema), moved: z.array(findingDiffSchema) }),
  /** Arguments, code version, pack hash and who ran it, where they differ; arguments as JSON. */
  origin: z.array(z.object({ name: z.string(), before: z.string().nullable(), after: z.string().nullable() })),
})
export type RunDiff = z.infer<typeof runDiffSchema>

/** What is different in the second run. */
export function diffRuns(before: RunDetail, after: RunDetail): RunDiff {
  const jobs = [...new Set([...after.steps, ...before.steps].map((step) => step.job))]
  const stepOf = (run: RunDetail, job: string): RunStep | undefined => run.steps.find((step) => step.job === job)
  return {
    before: runSummarySchema.parse(before),
    after: runSummarySchema.parse(after),
    seconds: change(before.seconds, after.seconds),
    steps: jobs.map((job) => diffSteps(job, stepOf(before, job), stepOf(after, job))),
    findings: diffFindings(findingsOf(before), findingsOf(after)),
    origin: diffOrigin(before, after),
  }
}

/** Six digits are enough for seconds and shares, and hide what binary fractions add. */
const round = (value: number): number => Math.round(value * 1e6) / 1e6

function change(before: number | null | undefined, after: number | null | undefined): Change {
  const [from, to] = [before ?? null, after ?? null]
  const difference = from === null || to === null ? null : round(to - from)
  return {
    before: from,
    after: to,
    difference,
    percent: difference === null || from === null || from === 0 ? null : round(difference / from),
  }
}

function diffSteps(job: string, before: RunStep | undefined, after: RunStep | undefined): StepDiff {
  const counts = COUNTS.map((name) => [name, change(before?.[name], after?.[name])])
  const watermark = { before: before?.watermark ?? null, after: after?.watermark ?? null }
  const status = { before: before?.status ?? null, after: after?.status ?? null }
  return {
    job,
    stands_in: before === undefined ? 'after' : after === undefined ? 'before' : 'both',
    status: { ...status, changed: status.before !== status.after },
    counts: Object.fromEntries(counts) as StepDiff['counts'],
    seconds: change(before?.seconds, after?.seconds),
    attempts: change(before?.attempts, after?.attempts),
    watermark: { ...watermark, changed: watermark.before !== watermark.after },
  }
}

interface Finding {
  job: string | null
  finding: string
  rows: number | null
}

/** Failures of steps, checks that did not pass, and the reasons of rejects. */
function findingsOf({ checks, rejects, steps }: RunDetail): Map<string, Finding> {
  const found: Finding[] = [
    ...steps.flatMap(({ job, error }) => (error === null ? [] : [{ job, finding: `${error.code}: ${error.message}`, rows: null }])),
    ...checks
      .filter((check) => check.status !== 'pass')
      .map(({ job, check, stage, status, bad_rows }) => ({ job, finding: `${check} (${stage}): ${status}`, rows: bad_rows })),
    ...rejects.map(({ reason, count }) => ({ job: null, finding: `rejected: ${reason}`, rows: count })),
  ]
  return new Map(found.map((one) => [`${one.job ?? ''} ${one.finding}`, one]))
}

function diffFindings(before: ReadonlyMap<string, Finding>, after: ReadonlyMap<string, Finding>): RunDiff['findings'] {
  const toDiff = (key: string): FindingDiff => {
    const [from, to] = [before.get(key), after.get(key)]
    return { job: (to ?? from)?.job ?? null, finding: (to ?? from)?.finding ?? '', before: from?.rows ?? null, after: to?.rows ?? null }
  }
  return {
    came: [...after.keys()].filter((key) => !before.has(key)).map(toDiff),
    went: [...before.keys()].filter((key) => !after.has(key)).map(toDiff),
    moved: [...after.keys()].filter((key) => before.has(key) && before.get(key)?.rows !== after.get(key)?.rows).map(toDiff),
  }
}

function diffOrigin(before: RunDetail, after: RunDetail): RunDiff['origin'] {
  const facts = (run: RunDetail): Map<string, string> =>
    new Map([
      ['code version', run.code_version],
      ['pack hash', run.pack_hash],
      ['machine', run.machine],
      ['started by', run.started_by],
      ...(run.schedule === null ? [] : [['schedule', run.schedule] as const]),
      ...Object.entries(run.arguments).map(([name, value]) => [`argument ${name}`, JSON.stringify(value)] as const),
    ])
  const [from, to] = [facts(before), facts(after)]
  return [...new Set([...from.keys(), ...to.keys()])]
    .filter((name) => from.get(name) !== to.get(name))
    .map((name) => ({ name, before: from.get(name) ?? null, after: to.get(name) ?? null }))
}
