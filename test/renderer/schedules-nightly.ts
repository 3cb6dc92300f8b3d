/** One schedule on its page, as the server tells of it: what the tests of that page begin with. */
import { RouterView } from 'vue-router'
import NewSchedulePage from '../../renderer/schedules/NewSchedulePage.vue'
import SchedulePage from '../../renderer/schedules/SchedulePage.vue'
import { scheduleSchema, type ScheduleDetail } from '../../shared/schedule.ts'
import { mounted, type, type Answers, type Asked, type Mounted } from './mounted.ts'

export const TEXT = 'title: Nightly load # ours\ncron: 0 2 * * *\nzone: Europe/Paris\njobs: [all]\n'
export const DETAIL: ScheduleDetail = {
  name: 'nightly',
  schedule: scheduleSchema.parse({ title: 'Nightly load', cron: '0 2 * * *', zone: 'Europe/Paris', jobs: ['all'] }),
  ...{ problem: null, state: 'idle', waiting: null, words: 'every day at 02:00 Europe/Paris; next x', next: [], ticks: [] },
  ...{ ticks_source: 'warehouse', ticks_as_of: null, file: 'schedules/nightly.yaml', text: TEXT },
}
export const GOOD = {
  ok: true,
  problem: null,
  words: 'every day at 03:00 UTC; next x',
  next: [{ at: '2027-01-01T03:00:00Z', words: 'Fri 1 Jan', note: null }],
}
export const BAD = {
  ...{ ok: false, words: null, next: [] },
  problem: {
    code: 'schedule.unknown-job',
    message: 'schedules/nightly.yaml:4: jobs: there is no job or group “al”',
    hint: 'Did you mean “all”?',
  },
}
const verdictOf = ({ body }: Asked): object => ((body as { text: string }).text.includes('[al]') ? BAD : GOOD)

export const DEFINITION = '/schedules/nightly?part=definition'

export interface SchedulePages extends Mounted {
  /** The text of the schedule. */
  field(): HTMLTextAreaElement
  /** Bodies of all requests to a path. */
  sent(path: string): unknown[]
  /** Replaces the text as a person who types. */
  write(text: string): Promise<void>
  /** Changes a field of the form. */
  change(label: string, value: string): Promise<void>
}

/** Opens one of the pages of schedules, inside a router that knows them. */
export async function openSchedule(at: string, answers: Answers = {}): Promise<SchedulePages> {
  const page = await mounted(RouterView, {
    answers: {
      'GET /api/schedules/nightly': DETAIL,
      'GET /api/schedules': { schedules: [DETAIL] },
      'GET /api/schedules/nightly/ticks': { ticks: [], source: 'warehouse', as_of: null },
      'GET /api/pipelines': { jobs: [], sources: [] },
      'POST /api/schedules/validate': verdictOf,
      'POST /api/schedules/nightly/save': ({ body }: Asked) => ({ ...DETAIL, text: (body as { text: string }).text }),
      ...answers,
    },
  })
  page.router.addRoute({ path: '/schedules/_new', component: NewSchedulePage })
  page.router.addRoute({ path: '/schedules/:schedule', component: SchedulePage, props: true })
  await page.router.push(at)
  await page.settled()
  const field = (): HTMLTextAreaElement => page.find('textarea') as HTMLTextAreaElement
  return {
    ...page,
    field,
    sent: (path) => page.asked.filter((asked) => asked.path === path).map(({ body }) => body),
    write: async (text) => {
      type(field(), text)
      await page.settled()
    },
    change: async (label, value) => {
      const input = page.find(`[aria-label="${label}"]`) as HTMLInputElement
      input.value = value
      input.dispatchEvent(new Event('change', { bubbles: true }))
      await page.settled()
    },
  }
}
