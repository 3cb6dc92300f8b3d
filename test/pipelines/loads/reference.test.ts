/** Reference data from a file of the workspace: types, rejects with their line, and rows that are gone from the file. */
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { LoadContext } from '../../../server/pipelines/load-kind.ts'
import { jobSchema, kindOf, type Job } from '../../../server/pipelines/load-kinds.ts'
import { openWarehouse, type Warehouse } from '../../../server/warehouse/index.ts'
import { createEngine, loadStaged, parseDeclaration, type LoadedByHand } from '../../tools/load-by-hand.ts'
import { withDatabase } from '../../tools/with-warehouse.ts'

const database = withDatabase()
let warehouse: Warehouse
let folder: string

const DECLARED = { kind: 'reference', target: 'countries', key: ['code'], csv: 'reference/countries.csv' }
const JOB = parseDeclaration(DECLARED)

beforeAll(async () => {
  warehouse = openWarehouse({ label: 'test', locate: () => Promise.resolve(database.connection) })
  await warehouse.withTransaction(createEngine)
  folder = await mkdtemp(join(tmpdir(), 'quintile-test-reference-'))
  await mkdir(join(folder, 'reference'))
})
afterAll(async () => {
  await warehouse.close()
  await rm(folder, { recursive: true })
})
beforeEach(() =>
  warehouse.withSession((session) =>
    session.script(`DROP TABLE IF EXISTS visits, countries; DELETE FROM quintile.rejects;
      CREATE TABLE countries (country_sk int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, code varchar(3) UNIQUE, name text, people bigint, since date, share numeric(5,2), is_open boolean)`),
  ),
)

async function load(text: string, { job = JOB, ...context }: Partial<LoadContext<Job>> = {}): Promise<LoadedByHand> {
  await writeFile(join(folder, 'reference', 'countries.csv'), text)
  return warehouse.withTransaction((session) => loadStaged(session, job, { workspace: { folder }, ...context }))
}

const rows = async (sql: string): Promise<unknown[]> => (await warehouse.query(sql)).rows
const countries = async (): Promise<unknown> =>
  (await warehouse.query(`SELECT string_agg(concat_ws('|', country_sk, code, name, people, since, share, is_open), ' ' ORDER BY code) AS all FROM countries`)).rows[0]?.['all'] // prettier-ignore
const rejects = (): Promise<unknown[]> =>
  rows('SELECT row_number::int AS line, reason, row_text AS text FROM quintile.rejects ORDER BY reject_id')

describe('a file', () => {
  test('is loaded with the types of the target; an empty cell is null and a quoted one an empty text', async () => {
    const outcome = await load('code,name,people,since,share,is_open\nGB,"United, Kingdom",67000000,1707-05-01,1.005,true\nXX,"",,,,\n')
    expect(outcome).toMatchObject({ filled: { read: 2, rejected: 0, findings: [] }, counts: { inserted: 2 } })
    expect(await countries()).toBe('1|GB|United, Kingdom|67000000|1707-05-01|1.01|t 2|XX|')
    expect(await rows('SELECT name IS NULL AS missing FROM countries ORDER BY code')).toEqual([{ missing: false }, { missing: false }])
  })

  test('unchanged changes nothing, and its digest says so before it is read', async () => {
    await load('code;name\nGB;Britain\n')
    const stamp = () => kindOf(JOB).stamp?.(JOB, { folder })
    const before = await stamp()
    expect(await load('code;name\nGB;Britain\n')).toMatchObject({ counts: { unchanged: 1 }, note: null })
    expect(await stamp()).toBe(before)
    await load('code;name\nGB;Great Britain\n')
    expect(await stamp()).not.toBe(before)
  })

  test('with bad cells loses only their lines, which are kept with number and reason', async () => {
    const outcome = await load('code,people,since\nGB,many,1707-05-01\nFR,68,2024-02-30\nDE,83,1990-10-03\nLONG,1,\nIT,59,x,y\nES,1e2,no\n')
    expect(outcome).toMatchObject({ filled: { read: 6, rejected: 5 }, counts: { inserted: 1 } })
    expect(await rejects()).toEqual([
      { line: 5, reason: 'too many fields: 4 instead of 3', text: 'IT,59,x,y' },
      { line: 1, reason: 'people is not a valid bigint', text: 'GB,many,1707-05-01' },
      { line: 2, reason: 'since is not a valid date', text: 'FR,68,2024-02-30' },
      { line: 4, reason: 'code is longer than 3 characters', text: 'LONG,1,' },
      { line: 6, reason: 'people is not a valid bigint; since is not a valid date', text: 'ES,1e2,no' },
    ])
    expect(outcome.filled?.findings).toContainEqual({ reason: 'since is not a valid date', rows: 1, severity: 'error' })
    expect(await rows('SELECT code FROM countries')).toEqual([{ code: 'DE' }])
  })
})

describe('a key that is gone from the file', () => {
  beforeEach(() => load('code,name\nGB,Britain\nFR,France\nDE,Germany\n'))

  test('is deleted from the target too', async () => {
    const outcome = await load('code,name\nGB,Britain\nDE,Deutschland\n')
    expect(outcome).toMatchObject({ counts: { updated: 1, unchanged: 1 }, removed: 1, note: '1 row removed: gone at the source' })
    expect(await countries()).toBe('3|DE|Deutschland 1|GB|Britain')
  })

  test('stays with mode merge', async () => {
    await load('code,name\nGB,Albion\n', { job: parseDeclaration({ ...DECLARED, mode: 'merge' }) })
    expect(await countries()).toBe('3|DE|Germany 2|FR|France 1|GB|Albion')
  })

  test('stays when somebody refers to it, and the failure names who', async () => {
    await warehouse.query('CREATE TABLE visits (country int REFERENCES countries); INSERT INTO visits VALUES (2)')
    await expect(load('code,name\nGB,Britain\n')).rejects.toMatchObject({ code: 'load.still-referenced', message: expect.stringContaining('visits still refers to them') as string }) // prettier-ignore
  })

  test('stays when lines were rejected: its own may be among them', async () => {
    const outcome = await load('code,name,people\nGB,Britain,x\nDE,Germany,\n')
    expect(outcome.note).toBe('nothing was removed: 1 row was rejected and may be what is missing')
    expect(await countries()).toBe('3|DE|Germany 2|FR|France 1|GB|Britain')
  })

  test('is not every key: a file with a header alone is refused', async () => {
    await expect(load('code,name\n')).rejects.toMatchObject({ code: 'load.empty-extract' })
  })
})

describe('what is refused', () => {
  test('a header with a column that the target does not have, or without the key', async () => {
    await expect(load('code,nam\nGB,x\n')).rejects.toMatchObject({ code: 'reference.bad-header', hint: 'Did you mean “name”?' })
    await expect(load('name,people\nx,1\n')).rejects.toMatchObject({ code: 'reference.bad-header' })
    await expect(load('code,code\nx,1\n')).rejects.toMatchObject({ code: 'reference.bad-header' })
  })

  test('a file that is not there, or that is a link out of the workspace', async () => {
    const missing = parseDeclaration({ ...DECLARED, csv: 'reference/none.csv' })
    await expect(load('code,name\n', { job: missing })).rejects.toMatchObject({ kind: 'mistake', code: 'reference.no-file' })
    await symlink('/etc/passwd', join(folder, 'reference', 'link.csv'))
    const link = parseDeclaration({ ...DECLARED, csv: 'reference/link.csv' })
    await expect(load('code,name\n', { job: link })).rejects.toMatchObject({ kind: 'mistake', code: 'reference.outside-workspace' })
  })

  test.each(['/etc/passwd', '../other.csv', 'a/../../b.csv', 'C:\\x.csv', 'a\\b.csv', './x.csv'])('the path %s', (csv) => {
    expect(jobSchema.safeParse({ ...DECLARED, csv }).success).toBe(false)
  })
})
