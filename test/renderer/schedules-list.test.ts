// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { useLive } from '../../renderer/live.ts'
import { formatIn } from '../../renderer/kit/format.ts'
import SchedulesPage from '../../renderer/schedules/SchedulesPage.vue'
import { scheduleSchema, type ScheduleSummary, type ScheduleTick } from '../../shared/schedule.ts'
import { mounted, refusal, WORKSPACE, type Answers, type Mounted } from './mounted.ts'

let page: Mounted
beforeEach(() => {
  formatIn({ locale: 'en-GB', timeZone: 'UTC' })
})
afterEach(() => {
  page.unmount()
})

const HOUR = 3_600_000
const soon = new Date(Date.now() + 3 * HOUR + 60_000).toISOString()
const ago = (hours: number): string => new Date(Date.now() - hours * HOUR).toISOString()
const tick = (outcome: ScheduleTick['outcome'], due_at: string, more: Partial<ScheduleTick> = {}): ScheduleTick => ({
  ...{ schedule: 'nightly', due_at, outcome, run_id: null, machine: 'desk', decided_at: due_at, note: null },
  ...more,
})

const NIGHTLY: ScheduleSummary = {
  name: 'nightly',
  schedule: scheduleSchema.parse({ title: 'Nightly load', cron: '0 2 * * *', zone: 'Europe/Paris', jobs: ['all', '+rfm'] }),
  problem: null,
  state: 'waiting',
  waiting: 'on battery',
  words: 'every day at 02:00 Europe/Paris; next Sat 22 Nov 02:00 (01:00 UTC)',
  next: [{ at: soon, words: 'Sat 22 Nov 02:00 (01:00 UTC)', note: 'clocks go back' }],
  ticks: [
    tick('ran', ago(1), { run_id: 'run-1', machine: 'tower' }),
    tick('missed', ago(2), { note: 'one run makes up for it' }),
    tick('missed', ago(3), { note: 'one run makes up for it' }),
  ],
  ticks_source: 'warehouse',
  ticks_as_of: ago(0),
}
const BROKEN: ScheduleSummary = {
  ...NIGHTLY,
  ...{ name: 'weekly', schedule: null, state: 'broken', waiting: null, words: '', next: [], ticks: [] },
  problem: {
    code: 'schedule.bad-zone',
    message: 'schedules/weekly.yaml:3: zone: “Paris” is not known',
    hint: 'Did you mean “Europe/Paris”?',
  },
}

const open = async (schedules: ScheduleSummary[], answers: Answers = {}): Promise<void> => {
  page = await mounted(SchedulesPage, { answers: { 'GET /api/schedules': { schedules }, ...answers } })
}
const text = (): string => document.body.textContent
const sent = (path: string): unknown[] => page.asked.filter((asked) => asked.path === path).map(({ body }) => body)

describe('the list of schedules', () => {
  it('says when, what and how, when it is due next, and what came of the last ticks, in words', async () => {
    await open([NIGHTLY])
    for (const words of [
      'every day at 02:00 Europe/Paris',
      'Waits: on battery',
      'in 3 hours',
      'Sat 22 Nov 02:00 (01:00 UTC)',
      'clocks go back',
      'One run makes up for all missed ticks',
      '+rfm',
    ])
      expect(text()).toContain(words)
    expect(page.find('[role=img]').getAttribute('aria-label')).toBe('Last 3 ticks, oldest first: missed, missed, ran')
  })

  it('tells in the ledger what was missed and where it was made up, and leads to the run', async () => {
    await open([NIGHTLY])
    expect(text()).toContain('2 ticks of “Nightly load” were missed: one run makes up for it; it ran on tower since.')
    const rows = [...document.querySelectorAll('tbody tr')].map((row) => row.textContent)
    expect(rows).toHaveLength(3)
    expect(rows[0]).toContain('tower')
    expect(page.find('tbody a[href="/runs/run-1"]').textContent).toBe('Open')
  })

  it('narrows the ledger to one outcome, by the address too', async () => {
    await open([NIGHTLY])
    await page.router.push('/?outcome=missed')
    await page.settled()
    expect(document.querySelectorAll('tbody tr')).toHaveLength(2)
  })

  it('puts a broken file first, with its line and the nearest word, and can neither run nor switch it', async () => {
    await open([NIGHTLY, BROKEN])
    const [first] = document.querySelectorAll('ul.divide-y > li')
    expect(first?.textContent).toContain('Line 3: zone: “Paris” is not known')
    expect(first?.textContent).toContain('Did you mean “Europe/Paris”?')
    expect(first?.querySelectorAll('button')).toHaveLength(0)
    expect(first?.querySelector('a[href="/schedules/weekly?part=definition"]')).not.toBeNull()
  })

  it('a switch turns a schedule off, and the list is read again', async () => {
    await open([NIGHTLY], { 'POST /api/schedules/nightly/enable': { ...NIGHTLY, file: 'schedules/nightly.yaml', text: '' } })
    const toggle = page.find('[role=switch]')
    expect([toggle.getAttribute('aria-checked'), toggle.getAttribute('aria-label')]).toEqual(['true', 'Nightly load is on'])
    toggle.click()
    await page.settled()
    expect(sent('POST /api/schedules/nightly/enable')).toEqual([{ enabled: false }])
    expect(sent('GET /api/schedules')).toHaveLength(2)
  })

  it('a refusal is told and changes nothing', async () => {
    await open([NIGHTLY], {
      'POST /api/schedules/nightly/run': refusal(409, { code: 'lease.held', message: 'fact_sales is held by tower.' }),
    })
    page.button('Run Nightly load now').click()
    await page.settled()
    expect(page.find('[role=alert]').textContent).toContain('fact_sales is held by tower.')
    expect(page.router.currentRoute.value.path).toBe('/')
  })

  it('running one now leads to its run', async () => {
    await open([NIGHTLY], { 'POST /api/schedules/nightly/run': { run_id: 'run-7' } })
    page.button('Run Nightly load now').click()
    await page.settled()
    expect(page.router.currentRoute.value.path).toBe('/runs/run-7')
  })
})

describe('the list of schedules where not everything can be done', () => {
  it('explains itself by an example where there is none, and leads to a new one', async () => {
    await open([])
    expect(page.find('pre').textContent).toContain('jobs: [all]')
    page.button('New schedule').click()
    await page.settled()
    expect(page.router.currentRoute.value.path).toBe('/schedules/_new')
  })

  it('disables what writes where the warehouse is read-only, and says why', async () => {
    const read_only = 'A newer Quintile has upgraded this warehouse.'
    await open([NIGHTLY], { 'GET /api/workspace': { ...WORKSPACE, read_only } })
    for (const one of [page.find('[role=switch]'), page.button('Run Nightly'), page.button('New schedule')]) {
      expect(one.getAttribute('aria-disabled')).toBe('true')
      one.click()
    }
    await page.settled()
    expect(page.asked.filter(({ path }) => path.startsWith('POST'))).toEqual([])
    expect(page.router.currentRoute.value.path).toBe('/')
  })

  it('shows the local copy of the ticks with its age while the warehouse is away; files can be changed all the same', async () => {
    await open([{ ...NIGHTLY, ticks_source: 'cache', ticks_as_of: ago(5.5) }], {
      'GET /api/workspace': { ...WORKSPACE, warehouse: { ...WORKSPACE.warehouse, state: 'offline' } },
    })
    expect(text()).toContain('from the local copy, as of 5 hours ago')
    expect(page.button('Run Nightly').getAttribute('aria-disabled')).toBe('true')
    expect(page.find('[role=switch]').getAttribute('aria-disabled')).toBe('false')
  })

  it('tells what went wrong and tries again', async () => {
    let times = 0
    await open([], {
      'GET /api/schedules': () =>
        (times += 1) === 1
          ? refusal(500, { code: 'schedule.unreadable', message: 'The folder cannot be read.' })
          : { schedules: [NIGHTLY] },
    })
    expect(text()).toContain('The folder cannot be read.')
    page.button('Try again').click()
    await page.settled()
    expect(text()).toContain('Nightly load')
  })

  it('is read again when the server tells that schedules changed', async () => {
    await open([NIGHTLY])
    useLive(page.pinia).apply({ type: 'changed', what: 'notifications' })
    await page.settled()
    expect(sent('GET /api/schedules')).toHaveLength(1)
    useLive(page.pinia).apply({ type: 'changed', what: 'schedules' })
    await page.settled()
    expect(sent('GET /api/schedules')).toHaveLength(2)
  })
})
