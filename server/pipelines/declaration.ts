/**
 * A job is one file: YAML in the leading comment, then SQL that also runs in psql. This module reads such a file and
 * says exactly what is wrong with it (file, line, key, nearest valid word).
 */
import { isMap, LineCounter, parseDocument, type Document } from 'yaml'
import type { z } from 'zod'
import { mistake } from '../../shared/failure.ts'
import { suggest } from '../../shared/nearest.ts'
import { jobName } from './job-keys.ts'
import { JOB_KEYS, jobSchema, LOADS, type Job } from './load-kinds.ts'

const HEADER = /^\s*\/\*([\s\S]*?)\*\/([\s\S]*)$/

export interface JobFile {
  file: string
  name: string
  group: string
  text: string
}

/** Reads one job file. Errors: `job.no-header`, `job.bad-yaml`, `job.bad-declaration`, all with file and line. */
export function parseJob({ file, name, group, text }: JobFile): Job {
  const parts = HEADER.exec(text)
  if (parts === null) {
    throw mistake(
      'job.no-header',
      `${file} does not begin with a /* … */ comment`,
      'Start the file with the job’s YAML inside /* and */, then its SQL.',
    )
  }
  const [, yaml = '', sql = ''] = parts
  const lines = new LineCounter()
  const document = parseDocument(yaml, { lineCounter: lines })
  const problem = document.errors[0]
  if (problem !== undefined) {
    throw mistake(
      'job.bad-yaml',
      `${file}:${String(lineIn(text, yaml, lines.linePos(problem.pos[0]).line))}: ${problem.message}`,
      'Correct the YAML in the leading comment.',
    )
  }
  const parsed = jobSchema.safeParse(document.toJS())
  if (!parsed.success) {
    const issue = parsed.error.issues[0]
    throw badDeclaration({ file, text, yaml, lines, document }, issue)
  }
  if (sql.trim() === '' && LOADS[parsed.data.kind].needsSql)
    throw mistake('job.no-sql', `${file} has no SQL behind its comment`, 'Write the extraction or transform SQL.')
  return { ...parsed.data, name: jobName.parse(name), group, sql: sql.trim().replace(/;\s*$/, ''), file }
}

interface Place {
  file: string
  text: string
  yaml: string
  lines: LineCounter
  document: Document
}

function badDeclaration(place: Place, issue: z.core.$ZodIssue | undefined): Error {
  const path = issue?.path.map(String) ?? []
  const unknown = issue?.code === 'unrecognized_keys' ? issue.keys[0] : undefined
  const key = [...path, ...(unknown === undefined ? [] : [unknown])]
  const line = lineIn(place.text, place.yaml, lineOf(place, key))
  const where = `${place.file}:${String(line)}: ${key.join('.') || 'the declaration'}`
  if (unknown !== undefined) return mistake('job.bad-declaration', `${where} is not known`, suggest(unknown, JOB_KEYS))
  const hint =
    issue?.code === 'invalid_union' && path[0] === 'kind' ? `kind is one of ${Object.keys(LOADS).join(', ')}.` : 'Correct the value.'
  return mistake('job.bad-declaration', `${where}: ${issue?.message ?? 'not valid'}`, hint)
}

/** The YAML's own line of a key, or of the nearest parent that exists. */
function lineOf({ document, lines }: Place, key: readonly string[]): number {
  for (let length = key.length; length > 0; length -= 1) {
    const parent: unknown = length === 1 ? document.contents : document.getIn(key.slice(0, length - 1), true)
    if (!isMap(parent)) continue
    const pair = parent.items.find((item) => String(item.key) === key[length - 1])
    const range = pair === undefined ? undefined : (pair.key as { range?: [number, number, number] }).range
    if (range !== undefined) return lines.linePos(range[0]).line
  }
  return 1
}

function lineIn(text: string, yaml: string, lineInYaml: number): number {
  return text.slice(0, text.indexOf(yaml)).split('\n').length - 1 + lineInYaml
}
