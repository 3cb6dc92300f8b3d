// @vitest-environment happy-dom
import { afterEach, describe, expect, it } from 'vitest'
import { h, ref } from 'vue'
import {
  fieldsOf,
  fromRejectRow,
  isOfJob,
  mend,
  readValue,
  takeOver,
  type Mended,
  type ShownReject,
} from '../../../renderer/runs/reject-row.ts'
import RejectEditor from '../../../renderer/runs/RejectEditor.vue'
import { useChosen } from '../../../renderer/runs/use-chosen.ts'
import { mounted, press, type, type Mounted } from '../mounted.ts'

const ROW = '{"line_id":540112,"country":"Unspecified","price":2.55,"gift":false,"note":null,"tags":["a"]}'
const reject = (id: number, row = ROW): ShownReject => ({
  reject_id: id,
  run_id: 'r',
  job: 'fact_sales',
  reason: 'country',
  row,
  replayed_run_id: null,
})

describe('a kept-out row as a form', () => {
  it('has a field per column, by its type; lists and objects are only shown', () => {
    expect(fieldsOf(ROW)?.map(({ name, kind }) => [name, kind])).toEqual([
      ['line_id', 'number'],
      ['country', 'text'],
      ['price', 'number'],
      ['gift', 'boolean'],
      ['note', 'text'],
      ['tags', 'fixed'],
    ])
  })

  it('is none for a line that never became a row', () => {
    expect(fieldsOf('1;2;"broken')).toBeNull()
    expect(fieldsOf('[1,2]')).toBeNull()
  })

  it('reads numbers as numbers, keeps digits that a number would lose as text, and an empty number as no value', () => {
    expect(readValue('number', '12.5')).toBe(12.5)
    expect(readValue('number', '12345678901234567890.123')).toBe('12345678901234567890.123')
    expect(readValue('number', '')).toBeNull()
    expect(readValue('boolean', 'true')).toBe(true)
    expect(readValue('text', '12')).toBe('12')
  })

  it('knows only what differs from how it came', () => {
    const country = fieldsOf(ROW)!.find(({ name }) => name === 'country')!
    const changed = mend({}, country, 'South Africa')
    expect(changed).toEqual({ country: 'South Africa' })
    expect(mend(changed, country, 'Unspecified')).toEqual({})
  })

  it('takes changes over from another row, of the fields that it has too', () => {
    expect(takeOver('{"country":"RSA","tags":[]}', { country: 'South Africa', price: 3, tags: 'x' })).toEqual({ country: 'South Africa' })
    expect(takeOver('{"country":"South Africa"}', { country: 'South Africa' })).toEqual({})
  })

  it('belongs to a job, or to an import whose file must be mended', () => {
    expect([isOfJob('fact_sales'), isOfJob('import orders')]).toEqual([true, false])
  })

  it('comes back from a row of the table with its id as a number', () => {
    expect(fromRejectRow({ reject_id: 7, run_id: 'r', job: 'j', reason: 'x', row: '{}', replayed_run_id: null }).reject_id).toBe(7)
  })
})

describe('choosing rejects', () => {
  it('a mended row is chosen by itself, and its changes can be spread over all that are chosen', () => {
    const { chosen, mended, opened, changes, flip, spread, forget } = useChosen()
    flip(reject(1))
    opened.value = reject(2)
    changes.value = { country: 'South Africa' }
    expect([...chosen.value.keys()]).toEqual([1, 2])
    spread()
    expect(Object.fromEntries(mended.value)).toEqual({ 1: { country: 'South Africa' }, 2: { country: 'South Africa' } })
    flip(reject(1))
    expect([...chosen.value.keys()]).toEqual([2])
    forget()
    expect([chosen.value.size, mended.value.size, opened.value]).toEqual([0, 0, null])
  })

  it('a row that was taken in already cannot be chosen', () => {
    const { chosen, flip } = useChosen()
    flip({ ...reject(1), replayed_run_id: 'later' })
    expect(chosen.value.size).toBe(0)
  })
})

describe('the form on the screen', () => {
  let page: Mounted
  afterEach(() => {
    page.unmount()
  })
  const open = async (shown = reject(1)): Promise<{ mended: () => Mended; closed: () => boolean }> => {
    const mended = ref<Mended>({})
    let closed = false
    const Host = () =>
      h(RejectEditor, {
        reject: shown,
        chosen: 3,
        modelValue: mended.value,
        'onUpdate:modelValue': (values: Mended) => (mended.value = values),
        onClose: () => (closed = true),
      })
    page = await mounted(Host)
    return { mended: () => mended.value, closed: () => closed }
  }
  const field = (label: string): HTMLElement => {
    const found = [...document.querySelectorAll('label')].find((one) => one.textContent.trim().startsWith(label))
    return found!.querySelector<HTMLElement>('input, select')!
  }

  it('holds what is typed, tells what it was, and gives it up again', async () => {
    const { mended } = await open()
    type(field('country'), 'South Africa')
    await page.settled()
    type(field('price'), '3')
    await page.settled()
    expect(mended()).toEqual({ country: 'South Africa', price: 3 })
    expect(page.root.textContent).toContain('was Unspecified')
    page.button('As it came').click()
    await page.settled()
    expect(mended()).toEqual({})
  })

  it('takes the focus, and Escape leads out of it', async () => {
    const { closed } = await open()
    expect(document.activeElement?.getAttribute('aria-label')).toBe('Row of fact_sales')
    press(page.find('[aria-label="Row of fact_sales"]'), 'Escape')
    expect(closed()).toBe(true)
  })

  it('cannot be changed once the row was replayed, and leads to the run that took it in', async () => {
    await open({ ...reject(1), replayed_run_id: 'later' })
    expect((field('country') as HTMLInputElement).disabled).toBe(true)
    expect(page.find('a[href="/runs/later"]')).toBeDefined()
  })

  it('shows a broken line as it is', async () => {
    await open(reject(1, '1;2;"broken'))
    expect(page.find('pre').textContent).toBe('1;2;"broken')
  })
})
