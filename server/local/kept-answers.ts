/** Answers of the warehouse that are kept whole: the last result of each report, and small answers by name. */
import type { Database } from 'better-sqlite3'
import type { ReportResult } from '../../shared/contract/answers.ts'

export interface KeptAnswers {
  /** Keeps a report's result under a key (its name, and the values it was asked with) and the digest of what made it. */
  keepReport(key: string, result: ReportResult, stamp: string): void
  /** The last result; with a stamp, only if it was made from the same. */
  report(key: string, stamp?: string): ReportResult | undefined
  /** Keeps a small answer of the warehouse for when it cannot be asked. */
  keepAnswer(name: string, answer: unknown): void
  /** The kept answer, in the shape in which it was kept. */
  answer(name: string): unknown
}

/** Opens what is kept in a migrated file. */
export function openKeptAnswers(database: Database): KeptAnswers {
  const putReport = database.prepare(
    'INSERT INTO reports (report, stamp, result) VALUES (?, ?, ?) ON CONFLICT (report) DO UPDATE SET stamp = excluded.stamp, result = excluded.result',
  )
  const oneReport = database.prepare<[string, string | null, string | null], { result: string }>(
    'SELECT result FROM reports WHERE report = ? AND (? IS NULL OR stamp = ?)',
  )
  const putAnswer = database.prepare(
    'INSERT INTO answers (name, answer) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET answer = excluded.answer',
  )
  const oneAnswer = database.prepare<[string], { answer: string }>('SELECT answer FROM answers WHERE name = ?')
  return {
    keepReport: (key, result, stamp) => void putReport.run(key, stamp, JSON.stringify(result)),
    report: (key, stamp) => {
      const row = oneReport.get(key, stamp ?? null, stamp ?? null)
      return row === undefined ? undefined : (JSON.parse(row.result) as ReportResult)
    },
    keepAnswer: (name, answer) => void putAnswer.run(name, JSON.stringify(answer)),
    answer: (name) => {
      const row = oneAnswer.get(name)
      return row === undefined ? undefined : (JSON.parse(row.answer) as unknown)
    },
  }
}
