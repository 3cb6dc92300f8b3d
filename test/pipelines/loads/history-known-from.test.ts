/** A key of which nothing was known holds from the time that its row names; one that is known goes on as it was. */
import { describe, expect, test } from 'vitest'
import { day, withPeople } from './history-people.ts'

const people = withPeople()
const job = { known_from: 'made_at' }

/** One row of an account: changed at one time, made at another. */
const account = (key: string, country: string, { at, made }: { at: number; made: number }): string =>
  `SELECT '${key}' AS key, '${country}' AS country, ${day(at)} AS at, ${day(made)} AS made_at`

describe('the first version of a key', () => {
  test('an account that was changed before anybody looked holds from the day it was made', async () => {
    await people.load(account('near', 'UK', { at: 9, made: 1 }), job)
    expect(await people.versions()).toEqual(['near UK 1–'])
  })

  test('a change of a known account begins when it happened, and an extract of everything changes nothing', async () => {
    await people.load(account('near', 'UK', { at: 1, made: 1 }), job)
    await people.load(account('near', 'France', { at: 5, made: 1 }), job)
    expect(await people.versions()).toEqual(['near UK 1–5', 'near France 5–'])
    const again = await people.load(account('near', 'France', { at: 5, made: 1 }), job, { extent: 'full', reload: true })
    expect([again.counts.unchanged, await people.versions()]).toEqual([1, ['near UK 1–5', 'near France 5–']])
  })

  test('of several rows of a new account only the first is moved', async () => {
    await people.load(`${account('near', 'UK', { at: 4, made: 2 })} UNION ALL ${account('near', 'France', { at: 6, made: 2 })}`, job)
    expect(await people.versions()).toEqual(['near UK 2–6', 'near France 6–'])
  })

  test('a rebuilt past begins there too', async () => {
    await people.load(account('near', 'UK', { at: 4, made: 4 }), job)
    await people.load(account('near', 'UK', { at: 4, made: 2 }), job, { extent: 'full', reload: true, rebuildHistory: true })
    expect(await people.versions()).toEqual(['near UK 2–'])
  })

  test('without times of its own a batch holds from now on, and a new account from its own day', async () => {
    await people.load(account('near', 'UK', { at: 0, made: 3 }), { ...job, effective: undefined })
    expect(await people.versions()).toEqual(['near UK 3–'])
  })
})
