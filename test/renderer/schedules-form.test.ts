// @vitest-environment happy-dom
import { afterEach, describe, expect, it } from 'vitest'
import { press, type, WORKSPACE } from './mounted.ts'
import { DEFINITION, DETAIL, openSchedule, type SchedulePages } from './schedules-nightly.ts'

let page: SchedulePages
afterEach(() => {
  page.unmount()
})

describe('the form beside the text', () => {
  it('changes the same text and leaves the comments', async () => {
    page = await openSchedule(DEFINITION)
    await page.change('Title', 'Early load')
    await page.change('Usual times', '0 * * * *')
    await page.change('While the run before goes on', 'queue')
    await page.change('Ticks that were missed', 'each_up_to')
    page.button('Only with a network').click()
    await page.settled()
    expect(page.field().value).toBe(
      'title: Early load # ours\ncron: 0 * * * *\nzone: Europe/Paris\njobs: [all]\nmissed: { each_up_to: 3 }\noverlap: queue\nonly_online: true\n',
    )
  })

  it('finds a zone by a part of its name, and a job by the keyboard', async () => {
    page = await openSchedule(DEFINITION, {
      'GET /api/pipelines': { jobs: [{ job: 'dim_date', group: 'dimensions', kind: 'calendar' }], sources: [] },
    })
    const zone = page.find('[aria-label="Time zone"]')
    type(zone, 'new y')
    await page.settled()
    press(zone, 'ArrowDown')
    await page.settled()
    expect(page.find('[role=option][aria-selected=true]').textContent).toContain('America/New_York')
    press(zone, 'Enter')
    await page.settled()
    expect(page.field().value).toContain('zone: America/New_York')
    const jobs = page.find('[aria-label="Add a job or a group"]')
    type(jobs, 'Not a job!')
    await page.settled()
    press(jobs, 'Enter')
    await page.settled()
    expect(page.find('[role=alert]').textContent).toContain('no job or group')
    type(jobs, '+facts')
    await page.settled()
    press(jobs, 'Enter')
    await page.settled()
    page.button('Take all out').click()
    await page.settled()
    expect(page.field().value).toContain('jobs: [+facts]')
  })

  it('says what must be edited in the text', async () => {
    const text = 'title: a\ncron: 0 2 * * *\njobs:\n  - a # why\n  - b\nonly_on_power: { battery_above: 40 }\n'
    page = await openSchedule(DEFINITION, { 'GET /api/schedules/nightly': { ...DETAIL, text } })
    expect(document.body.textContent).toContain('Edit it in the text: comments stand between its entries.')
    expect(document.body.textContent).toContain('Edit it in the text: it is more than on or off.')
    page.button('Only on mains power').click()
    await page.settled()
    expect(page.field().value).toBe(text)
    await page.write('title: [')
    expect(document.body.textContent).toContain('The text is no YAML yet.')
  })

  it('changes nothing where the warehouse is read-only', async () => {
    page = await openSchedule(DEFINITION, {
      'GET /api/workspace': { ...WORKSPACE, read_only: 'A newer Quintile has upgraded this warehouse.' },
    })
    expect([page.field().readOnly, (page.find('[aria-label=Title]') as HTMLInputElement).disabled]).toEqual([true, true])
    for (const words of ['Save', 'Remove', 'Run now', 'Switched on'])
      expect(page.button(words).getAttribute('aria-disabled'), words).toBe('true')
  })
})

describe('a new schedule', () => {
  it('takes its name from the title, refuses one that is taken, and is created by its text', async () => {
    page = await openSchedule('/schedules/_new', { 'POST /api/schedules/early/save': { ...DETAIL, name: 'early' } })
    await page.change('Title', 'Nightly')
    expect(document.body.textContent).toContain('There is already a schedule “nightly”.')
    expect(page.button('Create the schedule').getAttribute('aria-disabled')).toBe('true')
    await page.change('Title', 'Early')
    page.button('Create the schedule').click()
    await page.settled()
    expect(page.sent('POST /api/schedules/early/save')).toMatchObject([{ text: expect.stringContaining('title: Early\n') as string }])
    expect(page.router.currentRoute.value.path).toBe('/schedules/early')
  })
})
