// @vitest-environment happy-dom
import { afterEach, describe, expect, it } from 'vitest'
import { useLive } from '../../renderer/live.ts'
import { press, refusal, type, type Asked } from './mounted.ts'
import { BAD, DEFINITION, DETAIL, GOOD, openSchedule, TEXT, type SchedulePages } from './schedules-nightly.ts'

let page: SchedulePages
afterEach(() => {
  page.unmount()
})

describe('writing the text of a schedule', () => {
  it('shows what it would mean, asking only for the newest of what is typed in one go', async () => {
    page = await openSchedule(DEFINITION)
    const before = page.sent('POST /api/schedules/validate').length
    for (const text of ['a', 'ab', 'abc']) type(page.field(), text)
    await page.settled()
    expect(page.sent('POST /api/schedules/validate').slice(before)).toEqual([{ text: 'abc', schedule: 'nightly' }])
    expect(document.body.textContent).toContain('every day at 03:00 UTC')
    expect(document.body.textContent).toContain('Fri 1 Jan')
  })

  it('throws the answer to an earlier text away', async () => {
    let answer = (_: object): void => undefined
    page = await openSchedule(DEFINITION, {
      'POST /api/schedules/validate': (asked: Asked) =>
        (asked.body as { text: string }).text === 'slow' ? new Promise((resolve) => (answer = resolve)) : GOOD,
    })
    await page.write('slow')
    await page.write('newer')
    expect(page.asked.find(({ body }) => (body as { text?: string } | null)?.text === 'slow')?.signal?.aborted).toBe(true)
    answer(BAD)
    await page.settled()
    expect(document.body.textContent).not.toContain('there is no job')
  })

  it('marks the line of a problem, keeps it from being saved, and mends the word that was meant', async () => {
    page = await openSchedule(DEFINITION)
    await page.write(TEXT.replace('[all]', '[al]'))
    expect(document.body.textContent).toContain('Line 4: jobs: there is no job or group “al”')
    expect([page.field().getAttribute('aria-invalid'), page.button('Save').getAttribute('aria-disabled')]).toEqual(['true', 'true'])
    page.button('Write “all”').click()
    await page.settled()
    expect(page.field().value).toBe(TEXT)
    expect(page.field().getAttribute('aria-invalid')).toBe('false')
  })

  it('is saved by the button and by the keyboard, and then is not unsaved any more', async () => {
    page = await openSchedule(DEFINITION)
    const text = TEXT.replace('0 2', '0 3')
    await page.write(text)
    expect(document.body.textContent).toContain('Not saved yet')
    expect(press(page.field(), 's', { ctrlKey: true })).toBe(true)
    await page.settled()
    expect(page.sent('POST /api/schedules/nightly/save')).toEqual([{ text }])
    expect(document.body.textContent).not.toContain('Not saved yet')
  })

  it('is never overwritten by a change of the file; that it changed is told', async () => {
    let text = TEXT
    page = await openSchedule(DEFINITION, { 'GET /api/schedules/nightly': () => ({ ...DETAIL, text }) })
    await page.write('mine')
    text = TEXT.replace('Nightly', 'Nocturnal')
    useLive(page.pinia).apply({ type: 'changed', what: 'schedules' })
    await page.settled()
    expect(page.field().value).toBe('mine')
    page.button('Take the file').click()
    await page.settled()
    expect(page.field().value).toBe(text)
  })

  it('asks before it is left behind', async () => {
    page = await openSchedule(DEFINITION)
    await page.write('mine')
    void page.router.push('/elsewhere')
    await page.settled()
    expect(page.find('[role=dialog]').textContent).toContain('Leave without saving?')
    page.button('Stay').click()
    await page.settled()
    expect(page.router.currentRoute.value.path).toBe('/schedules/nightly')
    void page.router.push('/elsewhere')
    await page.settled()
    page.button('Leave without saving').click()
    await page.settled()
    expect(page.router.currentRoute.value.path).toBe('/elsewhere')
  })
})

describe('one schedule', () => {
  it('is removed only after a confirmation, and then the list is shown', async () => {
    page = await openSchedule('/schedules/nightly', { 'POST /api/schedules/nightly/remove': { removed: true } })
    page.button('Remove').click()
    await page.settled()
    page.button('Keep it').click()
    await page.settled()
    expect(page.sent('POST /api/schedules/nightly/remove')).toEqual([])
    page.button('Remove').click()
    await page.settled()
    page.button('Remove the schedule').click()
    await page.settled()
    expect(page.sent('POST /api/schedules/nightly/remove')).toEqual([{}])
    expect(page.router.currentRoute.value.path).toBe('/schedules')
  })

  it('that is off is due never, and says so', async () => {
    page = await openSchedule('/schedules/nightly', { 'GET /api/schedules/nightly': { ...DETAIL, state: 'disabled' } })
    expect(document.body.textContent).toContain('It is off, so it is never due.')
  })

  it('that does not exist is told with the nearest name', async () => {
    page = await openSchedule('/schedules/nightli', {
      'GET /api/schedules/nightli': refusal(404, {
        code: 'schedule.unknown',
        message: 'There is no schedule “nightli”',
        hint: 'Did you mean “nightly”?',
      }),
    })
    expect(page.find('[role=alert]').textContent).toContain('Did you mean “nightly”?')
  })
})
