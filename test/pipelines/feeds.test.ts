/** Jobs that read files and an API: what is new arrives once, how far was read commits with the data, broken pieces are kept. */
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openTestJobs, type TestJobs } from '../tools/open-jobs.ts'
import { withDatabase } from '../tools/with-warehouse.ts'

const database = withDatabase()
let shop: TestJobs
let api: Server
let profiles = [{ id: 'a', score: 1 }]
let status = 200
const asked: string[] = []

beforeAll(async () => {
  api = createServer((request, response) => {
    asked.push(request.url ?? '')
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(profiles))
  })
  await new Promise<void>((resolve) => void api.listen(0, '127.0.0.1', () => resolve()))
  shop = await openTestJobs(database.connection, {
    tables: `CREATE TABLE clients (id int PRIMARY KEY, name text, file text);
      CREATE TABLE scores (id text PRIMARY KEY, score int)`,
    jobs: {
      'files/clients': `/*
kind: merge
source: inbox
stream: clients*.csv
target: clients
key: [id]
*/
SELECT DISTINCT ON (id) id::int, name, file_name AS file FROM incoming ORDER BY id, file_modified_at DESC, line_number DESC`,
      'files/scores': `/*
kind: merge
source: profiles
stream: /profiles
target: scores
key: [id]
*/
SELECT row->>'id' AS id, (row->>'score')::int AS score FROM incoming`,
    },
  })
  await mkdir(join(shop.folder, 'inbox'))
  await shop.reopen(`  inbox: { kind: csv, folder: inbox }
  profiles: { kind: http, base_url: "http://127.0.0.1:${String((api.address() as AddressInfo).port)}", auth: none, paging: none }
`)
})
afterAll(async () => {
  await shop.close()
  api.closeAllConnections()
  await new Promise((resolve) => void api.close(resolve))
})

const put = (name: string, text: string): Promise<void> => writeFile(join(shop.folder, 'inbox', name), text)
const clients = () => shop.rows('SELECT id, name, file FROM clients ORDER BY id')

test('before the first file there is nothing to load, and that is no failure', async () => {
  const run = await shop.run({ jobs: ['clients'] })
  expect(run.steps).toMatchObject([{ status: 'succeeded', read: 0, error: null }])
})

test('new files arrive whole, broken lines are kept with their reason', async () => {
  await put('clients-1.csv', 'id,name\n1,Ann\n2,"Bo\tTab\\ and ""quotes"""\n3,too,many,fields\n')
  const run = await shop.run({ jobs: ['clients'] })
  expect(run.steps).toMatchObject([{ status: 'warning', read: 3, inserted: 2, rejected: 1, reconciles: true }])
  expect(await clients()).toEqual([
    { id: 1, name: 'Ann', file: 'clients-1.csv' },
    { id: 2, name: 'Bo\tTab\\ and "quotes"', file: 'clients-1.csv' },
  ])
  const { rejects } = await shop.rooms.runs.rejects(run.run_id, { offset: 0, limit: 5 })
  expect(rejects).toMatchObject([{ row: '3,too,many,fields', row_number: 4 }])
})

test('a rerun reads nothing again, a changed file and a new one are read', async () => {
  expect((await shop.run({ jobs: ['clients'] })).steps).toMatchObject([{ status: 'succeeded', read: 0 }])
  await put('clients-2.csv', 'id,name\n4,Di\n')
  await put('clients-1.csv', 'id,name\n1,Anna\n2,Bo\n')
  const run = await shop.run({ jobs: ['clients'] })
  expect(run.steps).toMatchObject([{ read: 3, inserted: 1, updated: 2 }])
  expect(await clients()).toContainEqual({ id: 1, name: 'Anna', file: 'clients-1.csv' })
})

test('a step that fails after the files were read reads them again', async () => {
  await put('clients-3.csv', 'id,name\nfive,Eve\n')
  expect((await shop.run({ jobs: ['clients'] })).steps).toMatchObject([{ status: 'failed', error: { code: 'warehouse.bad-value' } }])
  await put('clients-3.csv', 'id,name\n5,Eve\n')
  expect((await shop.run({ jobs: ['clients'] })).steps).toMatchObject([{ read: 1, inserted: 1 }])
})

test('a dry run of a feed predicts and moves nothing', async () => {
  await put('clients-4.csv', 'id,name\n6,Flo\n')
  const { done } = await shop.rooms.pipelines.dryRun({ options: { jobs: ['clients'] }, signal: new AbortController().signal })
  expect((await done).steps).toMatchObject([{ inserted: 1 }])
  expect((await shop.run({ jobs: ['clients'] })).steps).toMatchObject([{ inserted: 1 }])
})

test('a folder that is gone is a mistake with its path', async () => {
  await rm(join(shop.folder, 'inbox'), { recursive: true })
  const [step] = (await shop.run({ jobs: ['clients'] })).steps
  expect(step).toMatchObject({ status: 'failed', attempts: 1, error: { code: 'source.no-folder' } })
})

test('an API is read as JSON, and changed profiles overwrite', async () => {
  expect((await shop.run({ jobs: ['scores'] })).steps).toMatchObject([{ read: 1, inserted: 1 }])
  profiles = [
    { id: 'a', score: 5 },
    { id: 'b', score: 7 },
  ]
  expect((await shop.run({ jobs: ['scores'] })).steps).toMatchObject([{ read: 2, inserted: 1, updated: 1 }])
  expect(await shop.rows('SELECT * FROM scores ORDER BY id')).toEqual(profiles)
  expect(asked[0]).toBe('/profiles')
})

test('an API that refuses ends the step with its failure, and the step after it goes on', async () => {
  status = 403
  const [refused] = (await shop.run({ jobs: ['scores'] })).steps
  status = 200
  expect(refused).toMatchObject({ status: 'failed', attempts: 1, error: { code: 'source.forbidden' } })
  expect((await shop.run({ jobs: ['scores'] })).steps).toMatchObject([{ status: 'succeeded', read: 2 }])
})
