/** The document's troubleshooting table: each row is answered by a message that says what is wrong and what to do. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openFeatures, stampOfLoads, type Features, type FeatureSettings } from '../../../server/features/index.ts'
import { openHttpSource, type HttpSettings } from '../../../server/sources/index.ts'
import { openWarehouse, type Connection, type Warehouse } from '../../../server/warehouse/index.ts'
import { failureOf } from '../../sources/http/api.ts'
import { freePort, LOGIN, openLoyalty, type LoyaltyPack } from './open-loyalty.ts'

let pack: LoyaltyPack
const opened: Warehouse[] = []

beforeAll(async () => {
  pack = await openLoyalty({ sizes: { customers: 5 } })
  await pack.run({ jobs: ['loyalty'] })
}, 120_000)
afterAll(async () => {
  for (const warehouse of opened) await warehouse.close()
  await pack.close()
})

function open(settings: Partial<FeatureSettings> = {}, warehouse = pack.rooms.warehouse): Features {
  const { local, workspace } = pack.rooms
  return openFeatures({
    stamp: stampOfLoads,
    warehouse,
    local,
    clock: Date.now,
    settings: { ...workspace.pack.features, source: 'dwh', ...settings },
  })
}

async function openElsewhere(change: Partial<Connection>): Promise<Warehouse> {
  const connection = { ...(await pack.rooms.warehouse.connection()), ...change }
  opened.push(openWarehouse({ label: 'elsewhere', locate: () => Promise.resolve(connection), maxConnections: 1 }))
  return opened.at(-1)!
}

const withHint = (code: string, hint: string): unknown => expect.objectContaining({ code, hint: expect.stringContaining(hint) as unknown })

test('could not connect: a server that does not run, a wrong login and a missing database are told apart', async () => {
  const ask = async (change: Partial<Connection>): Promise<unknown> =>
    failureOf(open({}, await openElsewhere(change)).get('1', 'warehouse'))
  expect(await ask({ port: await freePort() })).toEqual(withHint('warehouse.unreachable', 'Start the database, or check host and port'))
  expect(await ask({ host: 'no-such-host.invalid' })).toEqual(withHint('warehouse.unreachable', 'host name'))
  expect(await ask({ user: 'nobody_at_all', password: 'wrong' })).toEqual(withHint('warehouse.login-refused', 'user'))
  expect(await ask({ database: 'dwh_that_nobody_made' })).toEqual(withHint('warehouse.no-database', 'create it, or correct its name'))
})

test('missing columns: a segment, a mapping and a job name the column that is missing and the nearest one', async () => {
  const rule = { '>': [{ var: 'total_revenu' }, 1000] }
  expect(await failureOf(pack.rooms.segments.countRule(rule, 'warehouse'))).toEqual(
    withHint('rule.unknown-column', 'Did you mean “total_revenue”?'),
  )
  const mapping = { days_since_last: 'last_purchase_day_ago' }
  const failure = await failureOf(open({ mapping }).catalogue({ source: 'dwh' }))
  expect(failure).toEqual(withHint('features.unknown-column', 'Did you mean “last_purchase_days_ago”?'))
  expect(failure['message']).toContain('features.mapping in pack.yaml')
  await pack.sourceRows('loyalty_source', 'ALTER TABLE customers RENAME COLUMN city TO town')
  const run = await pack.run({ jobs: ['customer_features_view'] })
  expect(run.steps[0]?.error?.message).toContain('column c.city does not exist')
  await pack.sourceRows('loyalty_source', 'ALTER TABLE customers RENAME COLUMN town TO city')
})

test('no features returned: an unknown customer, a missing table and a missing grant are failures, never an empty answer', async () => {
  expect(await failureOf(open().get('123e4567-e89b-12d3-a456-426614174000', 'warehouse'))).toEqual(
    withHint('features.unknown-customer', 'exactly as in the source'),
  )
  const missing = await failureOf(open({ table: 'your_schema.your_view' }).get('1', 'warehouse'))
  expect(missing).toEqual(withHint('features.no-table', 'correct features.table in pack.yaml'))
  expect(missing['message']).toContain('your_schema.your_view')
  const role = `reader_${String(Date.now())}`
  await pack.rows(`CREATE ROLE ${role} LOGIN PASSWORD 'reader'`)
  try {
    const reader = await openElsewhere({ user: role, password: 'reader' })
    expect(await failureOf(open({}, reader).get('1', 'warehouse'))).toEqual(withHint('warehouse.no-privilege', 'lacks a grant'))
    // The run book is ours to read too: the features are as of its newest data.
    await pack.rows(
      `GRANT SELECT ON customer_features_view TO ${role}; GRANT USAGE ON SCHEMA quintile TO ${role}; GRANT SELECT ON ALL TABLES IN SCHEMA quintile TO ${role}`,
    )
    const [someone] = await pack.rows<{ id: string }>('SELECT customer_id AS id FROM customer_features_view LIMIT 1')
    expect((await open({}, reader).get(someone!.id, 'warehouse')).features['customer_id']).toBe(someone!.id)
  } finally {
    await pack.rows(`DROP OWNED BY ${role}; DROP ROLE ${role}`)
  }
})

async function askXiva(change: Partial<HttpSettings>, environment: NodeJS.ProcessEnv = LOGIN): Promise<Record<string, unknown>> {
  const settings = pack.rooms.workspace.pack.sources['xiva'] as HttpSettings
  const source = openHttpSource({ ...settings, retries: 0, ...change }, { source: 'xiva', environment, clock: Date.now })
  const taker = { columns: () => Promise.resolve(), row: () => undefined, reject: () => undefined }
  const request = { stream: 'customerManagement/v4/customer/', position: null, dryRun: false, signal: new AbortController().signal }
  try {
    return await failureOf(source.read(request, taker))
  } finally {
    await source.close()
  }
}

test('Xiva: a wrong password names the variables to check, and a missing one the variable to set', async () => {
  const wrong = await askXiva({}, { ...LOGIN, XIVA_PASSWORD: 'wrong' })
  expect(wrong).toEqual(withHint('source.login-refused', 'XIVA_USERNAME and XIVA_PASSWORD'))
  expect(wrong['message']).not.toContain('wrong')
  expect(await askXiva({}, {})).toEqual(withHint('source.no-secret', 'XIVA_USERNAME'))
})

test('Xiva: what it refuses, where it is not, and what it answers wrongly are told apart', async () => {
  expect(await askXiva({ base_url: `http://127.0.0.1:${String(await freePort())}/api` })).toEqual(
    withHint('source.unreachable', 'base_url'),
  )
  expect(await askXiva({ timeout: 20, headers: { 'x-xiva-latency-ms': '60000' } })).toEqual(withHint('source.timeout', 'timeout'))
  expect(await askXiva({ base_url: pack.url.replace('/api', '/elsewhere') })).toEqual(withHint('source.not-found', 'base_url'))
})

test('Xiva: each of its refusals has a message of its own, with Xiva’s words and what to do', async () => {
  const failing = (how: string): Promise<unknown> => askXiva({ headers: { 'x-xiva-fail': how } })
  expect(await failing('401')).toEqual(withHint('source.login-refused', 'XIVA_PASSWORD'))
  expect(await failing('403')).toEqual(withHint('source.forbidden', 'another login'))
  expect(await failing('404')).toEqual(withHint('source.not-found', '“stream” of the job'))
  expect(await failing('429')).toEqual(withHint('source.rate-limited', 'rate_limit'))
  expect(await failing('500')).toEqual(withHint('source.unavailable', 'Run again later'))
  expect(await failing('html')).toMatchObject({ code: 'source.bad-answer', message: expect.stringContaining('Maintenance') as unknown })
  expect(await failing('403')).toMatchObject({ message: expect.stringContaining('Access forbidden') as unknown })
})
