import { expect, test } from 'vitest'
import { PRODUCT, textOf } from './tree.ts'

interface Word {
  /** The synonym that is not ours. */
  instead: RegExp
  /** Our word for it. */
  say: string
  /** Where; everywhere in the product by default. */
  under?: RegExp
}

/**
 * One word per thing, the same in code, tables, API, command and screen. Only synonyms that somebody is likely to write;
 * the customers' own table names (`batch_job_tracker`, `v_batch_job_status`) are theirs and may be named.
 */
const WORDS: readonly Word[] = [
  { instead: /\b(pipeline|job|batch|execution)[ _-]?run[ _-]?id\b|\bexecution[ _-]?id\b/i, say: 'run_id' },
  { instead: /\bcursor/i, say: 'watermark', under: /^server\/pipelines\// },
  { instead: /\bhigh[ _-]?water[ _-]?mark(?!:)/i, say: 'watermark', under: /^(server\/pipelines|server\/runs|renderer|shared)\// },
  { instead: /\bbatch[ _-]?job(?!_tracker|_status)/i, say: 'job' },
  { instead: /\b(dead[ _-]?letter|quarantin)/i, say: 'reject' },
  { instead: /\blanding[ _-]?(table|zone)/i, say: 'staging' },
  { instead: /\bstaging[ _-]?area/i, say: 'staging' },
  { instead: /\b(audience|cohort)s?\b/i, say: 'segment', under: /^(server\/segments|renderer\/segments|shared)\// },
  { instead: /\bdata[ _-]?source/i, say: 'source' },
  { instead: /\bworkflows?\b/i, say: 'plan (what would be done) or run (its execution)' },
  { instead: /\bretr(y|ies)[ _-]?count\b/i, say: 'attempts' },
  { instead: /\bdata[ _-]?mart/i, say: 'warehouse' },
]

/** `pipelineRunId` becomes `pipeline Run Id`, so that one pattern finds every way of writing. */
const apart = (line: string): string => line.replace(/([a-z0-9])([A-Z])/g, '$1 $2')

/** Each use of a word that is not ours, with ours. */
function foreignWords(file: string, text: string): string[] {
  const words = WORDS.filter(({ under }) => under?.test(file) ?? true)
  return text.split('\n').flatMap((line, index) =>
    words.flatMap(({ instead, say }) => {
      const found = instead.exec(apart(line))
      return found === null ? [] : [`${file}:${String(index + 1)} says “${found[0]}”; our word is ${say}`]
    }),
  )
}

test('code and screen use the words of the glossary and no synonyms', () => {
  expect(PRODUCT.flatMap((file) => foreignWords(file, textOf(file)))).toEqual([])
})

test('planted synonyms are found in every way of writing, and the customers’ own names are left alone', () => {
  const planted = [
    'const pipelineRunId = 1',
    'pipeline_run_id',
    'job-run-id',
    'a batch job',
    'BatchJob',
    'deadLetters',
    'landing_table',
    'dataSource',
    'const cursor = 1',
  ]
  expect(planted.filter((line) => foreignWords('server/pipelines/a.ts', line).length === 1)).toEqual(planted)
  const ours = ['const runId = 1', 'v_batch_job_status', 'batch_job_tracker', 'the source of the data', 'watermark']
  expect(ours.flatMap((line) => foreignWords('server/pipelines/a.ts', line))).toEqual([])
  expect(foreignWords('server/sources/postgres.ts', 'DECLARE rows CURSOR FOR')).toEqual([])
})
