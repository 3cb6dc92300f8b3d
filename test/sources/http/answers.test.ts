import fc from 'fast-check'
import { gzipSync } from 'node:zlib'
import { afterEach, expect, test } from 'vitest'
import { itemTexts, valueAt } from '../../../server/sources/http/json-text.ts'
import { failureOf, openTestApi, type TestApi } from './api.ts'

let api: TestApi | undefined
afterEach(async () => {
  await api?.close()
  api = undefined
})

test('items are handed over digit for digit', async () => {
  api = await openTestApi(() => ({ body: '{ "data" : [ {"id": 12345678901234567890, "amount":1.10 },\n[1e3] , "x" ] }' }))
  expect((await api.read('profiles')).texts).toEqual(['{"id": 12345678901234567890, "amount":1.10 }', '[1e3]', '"x"'])
})

test('the texts of items are those that JSON.parse finds, wherever the list is', () => {
  const path = fc.array(fc.constantFrom('data', 'a b', '"', 'ü', '__proto__'), { maxLength: 3 })
  fc.assert(
    fc.property(fc.array(fc.jsonValue()), path, fc.jsonValue(), fc.constantFrom('', ' ', '\n\t'), (items, names, other, space) => {
      const place = names.filter((name) => !name.includes('.')).join('.') || '$'
      const wrapped = names
        .toReversed()
        .map((name) => (text: string) => `{${space}"z":${JSON.stringify(other)}${space},${JSON.stringify(name)}:${space}${text}${space}}`)
      const text = wrapped.reduce((inner, wrap) => wrap(inner), space + JSON.stringify(items, null, space))
      const value: unknown = JSON.parse(text)
      expect(valueAt(value, place)).toEqual(JSON.parse(JSON.stringify(items)))
      expect(itemTexts(text, value, place).map((one) => JSON.parse(one) as unknown)).toEqual(JSON.parse(JSON.stringify(items)))
    }),
  )
})

test('of equal names the last one counts, as it does when parsed', () => {
  const text = '{"data":[1],"data":[2,3]}'
  expect(itemTexts(text, JSON.parse(text), 'data')).toEqual(['2', '3'])
})

test('what PostgreSQL cannot store is rejected whole, and escapes that it can are not', async () => {
  const items = ['{"a":"x\\u0000y"}', '{"a":"\\ud83d"}', 'null', '{"a":"\\ud83d\\ude00 \\u00e9 \\\\u0000"}']
  api = await openTestApi(() => ({ body: `[${items.join(',')}]` }))
  const read = await api.read('profiles')
  expect(read.texts).toEqual([items[3]])
  expect(read.rejects).toEqual([
    { reason: 'the item contains a NUL character', text: items[0], rowNumber: 1 },
    { reason: 'the item contains half of a character (a lone surrogate)', text: items[1], rowNumber: 2 },
    { reason: 'the item is null', text: 'null', rowNumber: 3 },
  ])
  expect(read).toMatchObject({ read: 4, isFull: false })
})

test('an answer that is not JSON is told with its beginning', async () => {
  api = await openTestApi(() => ({ headers: { 'content-type': 'text/html' }, body: `<h1>Sign\n in</h1>${'x'.repeat(1000)}` }))
  const { kind, code, message } = await failureOf(api.read('profiles'))
  expect({ kind, code }).toEqual({ kind: 'stop', code: 'source.bad-answer' })
  expect(message).toContain(`${api.url}/profiles: the answer is not JSON; what came (text/html): <h1>Sign in</h1>xxx`)
  expect(String(message).length).toBeLessThan(450)
})

test('an answer without the list is told with the places that were looked at', async () => {
  api = await openTestApi(() => ({ body: { profiles: {} } }))
  await expect(api.read('profiles')).rejects.toMatchObject({
    code: 'source.bad-answer',
    message: expect.stringContaining('there is no list at “$”, “results”, “data”, “items”') as unknown,
  })
  await expect(api.read('profiles', { items: 'profiles' })).rejects.toMatchObject({
    message: expect.stringContaining('there is no list at “profiles”; what came (application/json): {"profiles":{}}') as unknown,
  })
})

test('an answer above the limit is refused, also when it is small before it is unpacked', async () => {
  const large = JSON.stringify(['x'.repeat(1_500_000)])
  api = await openTestApi(() => ({ body: large }))
  const settings = { largest_answer_mb: 1 }
  await expect(api.read('profiles', settings)).rejects.toMatchObject({
    code: 'source.too-large',
    message: expect.stringContaining('1 MB') as unknown,
  })
  await api.close()
  api = await openTestApi(() => ({ headers: { 'content-encoding': 'gzip' }, body: gzipSync(large) }))
  await expect(api.read('profiles', settings)).rejects.toMatchObject({ code: 'source.too-large' })
  expect(await api.read('profiles')).toMatchObject({ read: 1 })
})

test.each([
  [400, 'stop', 'source.refused'],
  [403, 'mistake', 'source.forbidden'],
  [404, 'mistake', 'source.not-found'],
  [409, 'stop', 'source.refused'],
])('a %i is a %s with the API’s own words', async (status, kind, code) => {
  api = await openTestApi(() => ({ status, body: { errors: [{ detail: 'Unknown field\n“statu”' }] } }))
  await expect(api.read('profiles')).rejects.toMatchObject({
    ...{ kind, code, details: { status } },
    message: expect.stringContaining(`(${String(status)}): Unknown field “statu”`) as unknown,
  })
  expect(api.asked.length).toBe(1)
})

test('a single profile is asked for by its id, and one that is not there is null', async () => {
  api = await openTestApi(({ path }) => {
    if (path === '/api/customers/a%2Fb/360/') return { body: { customer: 'a/b' } }
    return path.includes('bad') ? { status: 400, body: 'no' } : { status: 404, body: { detail: 'none' } }
  })
  const source = api.open({ profile_path: '/customers/{id}/360/' })
  const { signal } = new AbortController()
  expect(await source.profile('a/b', signal)).toEqual({ row: { customer: 'a/b' }, fetchedAt: '2026-11-21T10:00:00.000Z' })
  expect(await source.profile('c', signal)).toBeNull()
  await expect(source.profile('bad', signal)).rejects.toMatchObject({ code: 'source.refused' })
  await expect(source.profile('..', signal)).rejects.toMatchObject({ code: 'source.bad-id' })
  await expect(api.open().profile('c', signal)).rejects.toMatchObject({ code: 'source.no-profile-path' })
  await source.close()
})
