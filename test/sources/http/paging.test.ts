import { afterEach, expect, test } from 'vitest'
import { openTestApi, type Asked, type TestApi } from './api.ts'

let api: TestApi
afterEach(() => api.close())

const ids = (rows: readonly unknown[]): unknown[] => rows.map((row) => (row as { id: unknown }).id)
const people = (from: number, to: number): { id: number }[] =>
  Array.from({ length: Math.max(0, to - from) }, (_, index) => ({ id: from + index }))

/** A list of 5 of which at most `most` are given at once. */
const listOf =
  (most: number) =>
  ({ query }: Asked) => {
    const size = Math.min(most, Number(query['limit'] ?? query['size'] ?? 2))
    const from = query['page'] === undefined ? Number(query['offset'] ?? 0) : (Number(query['page']) - 1) * size
    return { body: { count: 5, results: people(from, Math.min(5, from + size)) } }
  }

test('without paging one answer is the whole list', async () => {
  api = await openTestApi(() => ({ body: people(0, 3) }))
  const read = await api.read('/profiles?status=active')
  expect(read).toMatchObject({ read: 3, isFull: true, position: null, note: '3 items in 1 page', pages: ['1', '1', '1'] })
  expect(api.asked).toMatchObject([{ method: 'GET', path: '/api/profiles', query: { status: 'active' } }])
})

test('numbered pages are read up to the empty one, each row with its page', async () => {
  api = await openTestApi(listOf(2))
  const read = await api.read('profiles', { paging: { page: { size_param: 'size', size: 2 } } })
  expect(ids(read.rows)).toEqual([0, 1, 2, 3, 4])
  expect(read.pages).toEqual(['1', '1', '2', '2', '3'])
  expect(api.asked.map(({ query }) => query)).toEqual([1, 2, 3, 4].map((page) => ({ page: String(page), size: '2' })))
})

test('a server that gives fewer than it is asked for does not end the list', async () => {
  api = await openTestApi(listOf(2))
  const read = await api.read('profiles', { paging: { offset: { size: 100 } } })
  expect(ids(read.rows)).toEqual([0, 1, 2, 3, 4])
  expect(api.asked.map(({ query }) => query['offset'])).toEqual(['0', '2', '4', '5'])
})

test('the stated total spares the empty page', async () => {
  api = await openTestApi(listOf(2))
  expect(await api.read('profiles', { paging: { offset: { size: 2 } }, total: 'count' })).toMatchObject({ read: 5, isFull: true })
  expect(api.asked.length).toBe(3)
})

test('a page beyond the end may be answered with 404, but not the first', async () => {
  api = await openTestApi(({ query }) =>
    query['page'] === '3' ? { status: 404 } : { body: people(Number(query['page']), Number(query['page']) + 1) },
  )
  expect(await api.read('profiles', { paging: { page: {} } })).toMatchObject({ read: 2, isFull: true })
  await expect(api.read('profiles', { paging: { page: { first: 3 } } })).rejects.toMatchObject({
    kind: 'mistake',
    code: 'source.not-found',
  })
})

test('a cursor is carried from page to page until there is none', async () => {
  api = await openTestApi(({ query }) => {
    if (query['after'] === undefined) return { body: '{"data":[{"id":0}],"meta":{"next":12345678901234567890}}' }
    return { body: { data: [{ id: query['after'] }], meta: { next: null } } }
  })
  const read = await api.read('profiles', { paging: { cursor: { param: 'after', next: 'meta.next' } } })
  expect(ids(read.rows)).toEqual([0, '12345678901234567890'])
})

test('a cursor without a parameter is the address of the next page, also a relative one', async () => {
  api = await openTestApi(({ path, query }) => {
    if (path.endsWith('/profiles')) return { body: { value: people(0, 1), '@odata.nextLink': `${api.url}/more?k=1` } }
    return { body: { value: people(1, 2), '@odata.nextLink': query['k'] === '1' ? '?k=2' : undefined } }
  })
  const settings = { paging: { cursor: { next: '@odata.nextLink' } }, items: 'value' }
  await expect(api.read('profiles', settings)).rejects.toMatchObject({ code: 'source.paging-loop' })
  expect(api.asked.map(({ path, query }) => path + (query['k'] ?? ''))).toEqual(['/api/profiles', '/api/more1', '/api/more2'])
})

test('the Link header leads to the next page among other relations', async () => {
  api = await openTestApi(({ query }) => {
    const page = Number(query['p'] ?? 1)
    const next = page < 3 ? `, <${api.url}/profiles?p=${String(page + 1)}>; title="a, b"; rel="last next"` : ''
    return { headers: { link: `<${api.url}/profiles?p=1>; rel="first"${next}` }, body: people(page, page + 1) }
  })
  const read = await api.read('profiles', { paging: 'link' })
  expect(ids(read.rows)).toEqual([1, 2, 3])
  expect(read.isFull).toBe(true)
})

test('a next page at another server is not asked for', async () => {
  api = await openTestApi(() => ({ headers: { link: '<https://elsewhere.example/profiles?p=2>; rel=next' }, body: people(0, 1) }))
  await expect(api.read('profiles', { paging: 'link' })).rejects.toMatchObject({
    code: 'source.other-host',
    message: expect.stringContaining('https://elsewhere.example/profiles') as unknown,
  })
})

test('a server that does not know the page parameter is found out', async () => {
  api = await openTestApi(() => ({ body: people(0, 2) }))
  await expect(api.read('profiles', { paging: { page: {} } })).rejects.toMatchObject({ kind: 'stop', code: 'source.paging-loop' })
  expect(api.asked.length).toBe(2)
})

test('a cursor that comes again is a circle', async () => {
  api = await openTestApi((_, count) => ({ body: { items: people(count, count + 1), next: ['a', 'b', 'a'][count - 1] ?? null } }))
  await expect(api.read('profiles', { paging: { cursor: { param: 'c', next: 'next' } } })).rejects.toMatchObject({
    code: 'source.paging-loop',
    message: `${api.url}/profiles: the next page is one that was read before, so that the reading would never end`,
  })
})

test('a next page that is no text and no number is refused and not taken for the end', async () => {
  api = await openTestApi(() => ({ body: { items: people(0, 1), next: { after: 1 } } }))
  await expect(api.read('profiles', { paging: { cursor: { param: 'c', next: 'next' } } })).rejects.toMatchObject({
    code: 'source.bad-answer',
  })
})

test('a total that is not reached is told, and then the list does not count as whole', async () => {
  api = await openTestApi(() => ({ body: { count: 7, results: people(0, 5) } }))
  const read = await api.read('profiles', { total: 'count' })
  expect(read).toMatchObject({ read: 5, isFull: false, note: '5 items in 1 page; the API stated 7 in all' })
})

test('an empty list is never the whole, so that no profile counts as deleted', async () => {
  api = await openTestApi((_, count) => (count === 1 ? { status: 204 } : { body: [] }))
  expect(await api.read('profiles')).toMatchObject({ read: 0, isFull: false })
  expect(await api.read('profiles')).toMatchObject({ read: 0, isFull: false, note: '0 items in 1 page' })
})

test('only one kind of paging can be chosen, and a stream is a path below the base', async () => {
  api = await openTestApi(() => ({ body: [] }))
  expect(() => api.open({ paging: { page: {}, link: {} } })).toThrow('choose one')
  await expect(api.read('https://elsewhere.example/x')).rejects.toMatchObject({ code: 'source.bad-stream' })
  expect(api.asked).toEqual([])
})
