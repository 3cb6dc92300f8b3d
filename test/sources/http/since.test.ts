import { afterEach, expect, test } from 'vitest'
import { later } from '../../../server/sources/http/stamp.ts'
import { openTestApi, type TestApi } from './api.ts'

let api: TestApi
afterEach(() => api.close())

const SINCE = { since_param: 'updated_after', since_path: 'meta.updated' }
const stamped = (...stamps: unknown[]): object[] => stamps.map((updated, id) => ({ id, meta: { updated } }))

test('the newest stamp of all pages is kept, and the next read asks from there', async () => {
  const pages = [stamped('2026-11-01T10:00:00Z', '2026-11-03T09:00:00+02:00'), stamped('2026-11-03T06:59:59Z', null), []]
  api = await openTestApi(({ query }) => ({ body: query['updated_after'] === undefined ? pages[Number(query['page']) - 1] : [] }))
  const settings = { ...SINCE, paging: { page: {} } }
  const first = await api.read('profiles', settings)
  expect(first).toMatchObject({ isFull: true, position: { stream: 'profiles', since: '2026-11-03T09:00:00+02:00' } })
  const second = await api.read('profiles', settings, { position: first.position })
  expect(second).toMatchObject({ read: 0, isFull: false, position: null, note: '0 items in 1 page since 2026-11-03T09:00:00+02:00' })
  expect(api.asked.at(-1)?.query).toEqual({ updated_after: '2026-11-03T09:00:00+02:00', page: '1' })
})

test('a stamp of nanoseconds keeps every digit', async () => {
  api = await openTestApi(() => ({ body: '[{"meta":{"updated":1700000000000000001}},{"meta":{"updated":1700000000000000003}}]' }))
  expect((await api.read('profiles', SINCE)).position).toEqual({ stream: 'profiles', since: '1700000000000000003' })
})

test('a read never moves the stamp back', async () => {
  api = await openTestApi(() => ({ body: stamped('2026-01-01T00:00:00Z') }))
  const position = { stream: 'profiles', since: '2026-05-01T00:00:00Z' }
  expect(await api.read('profiles', SINCE, { position })).toMatchObject({ read: 1, isFull: false, position: null })
})

test('the position of another stream says nothing of this one', async () => {
  api = await openTestApi(() => ({ body: stamped('2026-01-01T00:00:00Z') }))
  const position = { stream: 'accounts', since: '2026-05-01T00:00:00Z' }
  expect(await api.read('profiles', SINCE, { position })).toMatchObject({ isFull: true, position: { stream: 'profiles' } })
  expect(api.asked[0]?.query).toEqual({})
})

test('a list that is empty when everything is read again leaves no stamp to go on from', async () => {
  api = await openTestApi(() => ({ body: [] }))
  const { position } = await api.read('profiles', SINCE)
  expect(position).toEqual({ stream: 'profiles', since: null })
  await api.read('profiles', SINCE, { position })
  expect(api.asked.map(({ query }) => query)).toEqual([{}, {}])
})

test('items without a stamp at the path are told', async () => {
  api = await openTestApi(() => ({ body: [{ id: 1 }] }))
  const read = await api.read('profiles', SINCE)
  expect(read).toMatchObject({
    position: { since: null },
    note: '1 item in 1 page; no item has a stamp at meta.updated, so each run reads all',
  })
})

test.each([
  ['9', '10', '10'],
  ['1.5', '1.25', '1.5'],
  ['-3', '-20', '-3'],
  ['2026-01-01T00:00:00+02:00', '2025-12-31T23:00:00Z', '2025-12-31T23:00:00Z'],
  ['2026-01-01T00:00:00.1234567Z', '2026-01-01T00:00:00.1239999Z', '2026-01-01T00:00:00.1239999Z'],
  ['rev b', 'rev a', 'rev b'],
])('of %s and %s the later is %s', (a, b, expected) => {
  expect([later(a, b), later(b, a), later(null, expected), later(expected, null)]).toEqual([expected, expected, expected, expected])
})

test('one parameter without the other is refused', async () => {
  api = await openTestApi(() => ({ body: [] }))
  expect(() => api.open({ since_param: 'after' })).toThrow('go together')
})
