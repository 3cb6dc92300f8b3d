// @vitest-environment happy-dom
import { afterEach, describe, expect, it } from 'vitest'
import PipelinesPage from '../../../renderer/pipelines/PipelinesPage.vue'
import { mounted, press, refusal, type, type Answers, type Asked, type Mounted } from '../mounted.ts'
import { graphJob, planStep, SHOP } from './little-shop.ts'

let page: Mounted
afterEach(() => {
  page.unmount()
})

const PLAN = { steps: [planStep('fact_sales', 0, { because: 'fact_sales' })], satisfied: [], mermaid: 'flowchart LR' }
const open = async (answers: Answers = {}): Promise<void> => {
  page = await mounted(PipelinesPage, { answers: { 'GET /api/pipelines': SHOP, 'POST /api/pipelines/plan': PLAN, ...answers } })
}
const option = (job: string): HTMLElement => page.find(`[data-job=${job}]`)
const chosen = (): string[] =>
  [...document.querySelectorAll<HTMLElement>('[role=option][aria-selected=true]')].map((one) => one.dataset['job'] ?? '').sort()
const plansAsked = (): unknown[] => page.asked.filter(({ path }) => path.endsWith('/plan')).map(({ body }) => body)

describe('the graph', () => {
  it('says of each job in words how it stands, and not by colour alone', async () => {
    await open()
    expect(option('fact_sales').getAttribute('aria-label')).toMatch(
      /fact_sales, merge in facts; failed .*stale.*7 open rejects; needs dim_date, dim_users/,
    )
    expect(option('fact_stock').textContent).toContain('Running')
    expect(option('rfm').textContent).toContain('Never run')
  })

  it('shows more of each job from near: kind, rows, freshness, rejects and who holds it', async () => {
    await open()
    expect(option('fact_stock').textContent).not.toContain('anna on desk')
    for (let times = 0; times < 4; times += 1) page.button('Zoom in').click()
    await page.settled()
    expect(option('fact_stock').textContent).toContain('anna on desk')
    expect(option('fact_sales').textContent).toMatch(/merge.*42 rows.*stale/s)
  })

  it('is one stop of the Tab key; arrows lead along the edges', async () => {
    await open()
    const stops = [...document.querySelectorAll('[role=option]')].filter((one) => one.getAttribute('tabindex') === '0')
    expect(stops).toHaveLength(1)
    option('fact_sales').focus()
    expect(press(option('fact_sales'), 'ArrowRight')).toBe(true)
    await page.settled()
    expect((document.activeElement as HTMLElement).dataset['job']).toBe('rfm')
  })

  it('Space puts a job in and out of the plan, a click chooses only one, Shift and click one more', async () => {
    await open()
    press(option('fact_sales'), ' ')
    await page.settled()
    expect(chosen()).toEqual(['fact_sales'])
    option('dim_date').click()
    await page.settled()
    expect(chosen()).toEqual(['dim_date'])
    option('rfm').dispatchEvent(new MouseEvent('click', { bubbles: true, shiftKey: true }))
    await page.settled()
    expect(chosen()).toEqual(['dim_date', 'rfm'])
    expect(page.find('[aria-label="Words of the selection"]').textContent).toMatch(/dim_date.*rfm/s)
  })

  it('takes all that is needed along, and leaves out what is toggled then', async () => {
    await open()
    option('rfm').click()
    await page.settled()
    page.button('and all that they need').click()
    await page.settled()
    expect(chosen()).toEqual(['dim_date', 'dim_users', 'fact_sales', 'rfm'])
    press(option('dim_date'), ' ')
    await page.settled()
    expect(chosen()).not.toContain('dim_date')
    expect(plansAsked().at(-1)).toMatchObject({ jobs: ['+rfm'], exclude: ['dim_date'] })
  })

  it('Enter opens the job, + and 0 zoom, and the other keys are left alone', async () => {
    await open()
    expect(press(option('rfm'), '+')).toBe(true)
    expect(press(option('rfm'), '0')).toBe(true)
    expect(press(option('rfm'), 'x')).toBe(false)
    expect(press(option('rfm'), '+', { ctrlKey: true })).toBe(false)
    press(option('rfm'), 'Enter')
    await page.settled()
    expect(page.router.currentRoute.value.path).toBe('/pipelines/rfm')
  })

  it('is also a table, with a box for each job and its needs in words', async () => {
    await open()
    page.button('List').click()
    await page.settled()
    page.find('[aria-label="fact_sales in the plan"]').click()
    await page.settled()
    expect(plansAsked().at(-1)).toMatchObject({ jobs: ['fact_sales'] })
    type(page.find('input[type=search]'), 'history')
    await page.settled()
    expect([...document.querySelectorAll('tbody th[scope=row] a')].map((one) => one.textContent)).toEqual(['dim_users'])
  })
})

describe('the plan', () => {
  it('shows the steps of the newest choice and drops the answer to an older one', async () => {
    const held: { ask: Asked; answer: (plan: object) => void }[] = []
    await open({ 'POST /api/pipelines/plan': (ask: Asked) => new Promise((answer) => held.push({ ask, answer })) })
    option('fact_sales').click()
    await page.settled()
    option('rfm').click()
    await page.settled()
    expect(held.map(({ ask }) => ask.signal?.aborted)).toEqual([true, false])
    held[1]?.answer({ ...PLAN, steps: [planStep('rfm', 0)] })
    held[0]?.answer(PLAN)
    await page.settled()
    expect(page.find('[aria-label="Steps of the plan"]').textContent).toMatch(/rfm/)
    expect(page.find('[aria-label="Steps of the plan"]').textContent).not.toMatch(/fact_sales/)
  })

  it('offers a missing need as a button, which takes it in', async () => {
    const missing = { code: 'plan.missing-need', message: '“rfm” needs “fact_sales”', details: { job: 'rfm', missing: ['fact_sales'] } }
    await open({
      'POST /api/pipelines/plan': ({ body }: Asked) =>
        (body as { jobs: string[] }).jobs.includes('fact_sales') ? PLAN : refusal(400, missing),
    })
    option('rfm').click()
    await page.settled()
    expect(page.button('Run').getAttribute('aria-disabled')).toBe('true')
    page.button('Include fact_sales').click()
    await page.settled()
    expect(plansAsked().at(-1)).toMatchObject({ jobs: ['fact_sales', 'rfm'] })
    expect(page.button('Run').getAttribute('aria-disabled')).toBe('false')
  })

  it('rebuilds history only with a full reload and after the words were typed', async () => {
    await open()
    option('dim_users').click()
    await page.settled()
    const rebuild = (): HTMLInputElement => page.find('#rebuild-history') as HTMLInputElement
    expect(rebuild().disabled).toBe(true)
    page.find('#full-reload').click()
    await page.settled()
    rebuild().click()
    await page.settled()
    const confirm = (): HTMLElement => [...document.querySelectorAll<HTMLElement>('[role=dialog] button')].at(-1)!
    type(page.find('[role=dialog] input'), 'rebuild')
    await page.settled()
    confirm().click()
    await page.settled()
    expect(plansAsked().at(-1)).toMatchObject({ full_reload: true, rebuild_history: false })
    type(page.find('[role=dialog] input'), 'Rebuild history')
    await page.settled()
    confirm().click()
    await page.settled()
    expect(plansAsked().at(-1)).toMatchObject({ full_reload: true, rebuild_history: true })
    page.find('#full-reload').click()
    await page.settled()
    expect(plansAsked().at(-1)).toMatchObject({ full_reload: false, rebuild_history: false })
  })

  it('is there as a command line and as Mermaid, to be taken along', async () => {
    await open()
    option('fact_sales').click()
    await page.settled()
    const tab = page.button('Command and Mermaid')
    tab.dispatchEvent(new MouseEvent('mousedown', { bubbles: true, button: 0 }))
    await page.settled()
    expect(page.find('[aria-label="Command line"]').textContent).toBe('quintile run --jobs fact_sales')
    expect(page.find('[aria-label="Mermaid flowchart"]').textContent).toBe('flowchart LR')
  })
})

describe('a page without a graph', () => {
  it('says what to do in a workspace without jobs', async () => {
    await open({ 'GET /api/pipelines': { groups: [], jobs: [], sources: [] } })
    expect(page.root.textContent).toContain('This workspace has no jobs')
  })

  it('says what went wrong and tries again', async () => {
    let broken = true
    const answer = (): unknown => (broken ? refusal(500, { code: 'internal.unexpected', message: 'The book is torn.' }) : SHOP)
    await open({ 'GET /api/pipelines': answer })
    expect(page.root.textContent).toContain('The book is torn.')
    broken = false
    page.button('Try again').click()
    await page.settled()
    expect(option('rfm')).toBeDefined()
  })
})

it('a job that nobody declared any more does not break the drawing', async () => {
  page = await mounted(PipelinesPage, {
    answers: { 'GET /api/pipelines': { ...SHOP, jobs: [...SHOP.jobs, graphJob('orphan', 'forgotten', { needs: ['gone'] })] } },
  })
  expect(option('orphan').textContent).toContain('orphan')
})
