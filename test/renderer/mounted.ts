/** Mounts a component in a document with everything that a page has around it; the network answers with plain data. */
import { PiniaColada } from '@pinia/colada'
import { createPinia, type Pinia } from 'pinia'
import { TooltipProvider } from 'reka-ui'
import { createApp, h, nextTick, type Component } from 'vue'
import { vi } from 'vitest'
import { createMemoryHistory, createRouter, type Router } from 'vue-router'
import type { WorkspaceState } from '../../shared/contract/answers.ts'

export interface Asked {
  path: string
  body: unknown
  signal: AbortSignal | undefined
}

/** An answer: data, or a function of what was asked. A `Response` is given back as it is. */
export type Answers = Record<string, unknown>

export interface Mounted {
  root: HTMLElement
  pinia: Pinia
  router: Router
  /** Every request, in order. */
  asked: Asked[]
  /** Waits until requests have been answered and the page is drawn. */
  settled(): Promise<void>
  /** The one element that fits; throws where there is none. */
  find(selector: string): HTMLElement
  /** The button or link whose text or label begins with these words. */
  button(words: string): HTMLElement
  unmount(): void
}

export const WORKSPACE: WorkspaceState = {
  name: 'shop',
  pack: 'globalmart',
  version: '0.1.0',
  read_only: null,
  snapshot: null,
  freshness: 'empty',
  running: [],
  filter: null,
  no_jobs: null,
  warehouse: { state: 'online', label: 'localhost', checked_at: '2026-01-01T00:00:00Z', message: null },
}

/** A refusal as the server words it. */
export function refusal(status: number, error: object): Response {
  return new Response(JSON.stringify({ hint: null, details: {}, ...error }), { status, headers: { 'content-type': 'application/json' } })
}

function answering(answers: Answers, asked: Asked[]): typeof fetch {
  return async (input, init) => {
    const { pathname } = new URL(input instanceof Request ? input.url : input, 'http://localhost')
    const path = `${init?.method ?? 'GET'} ${pathname}`
    const request: Asked = { path, body: typeof init?.body === 'string' ? JSON.parse(init.body) : null, signal: init?.signal ?? undefined }
    asked.push(request)
    const known = answers[path] ?? (path === 'GET /api/workspace' ? WORKSPACE : undefined)
    const answer: unknown = typeof known === 'function' ? await (known as (request: Asked) => unknown)(request) : known
    if (request.signal?.aborted === true) throw new DOMException('aborted', 'AbortError')
    if (answer === undefined) return refusal(404, { code: 'http.404', message: `nothing answers ${path}` })
    return answer instanceof Response ? answer : new Response(JSON.stringify(answer), { status: 200 })
  }
}

export async function mounted(
  component: Component,
  { props = {}, answers = {} }: { props?: object; answers?: Answers } = {},
): Promise<Mounted> {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] })
  const asked: Asked[] = []
  globalThis.fetch = answering(answers, asked)
  const root = document.createElement('div')
  document.body.replaceChildren(root)
  const pinia = createPinia()
  const router = createRouter({ history: createMemoryHistory(), routes: [{ path: '/:rest(.*)*', component: { render: () => null } }] })
  await router.push('/')
  const app = createApp({ render: () => h(TooltipProvider, () => h(component, props)) })
  app.use(pinia).use(PiniaColada).use(router).mount(root)
  const settled = async (): Promise<void> => {
    // Questions wait up to 250 ms for more typing; nobody waits for that here: the clock is moved on.
    for (let turn = 0; turn < 4; turn += 1) {
      await vi.advanceTimersByTimeAsync(100)
      await new Promise((resolve) => setImmediate(resolve))
    }
    await nextTick()
  }
  await settled()
  const find = (selector: string): HTMLElement => {
    const found = document.querySelector<HTMLElement>(selector)
    if (found === null) throw new Error(`nothing fits ${selector} in ${document.body.textContent}`)
    return found
  }
  const button = (words: string): HTMLElement => {
    const all = [...document.querySelectorAll<HTMLElement>('button, a, [role=tab]')]
    const found = all.find((one) => (one.getAttribute('aria-label') ?? one.textContent.trim()).startsWith(words))
    if (found === undefined) throw new Error(`no button “${words}” among ${all.map((one) => one.textContent.trim()).join(' | ')}`)
    return found
  }
  const unmount = (): void => {
    app.unmount()
    vi.useRealTimers()
  }
  return { root, pinia, router, asked, settled, find, button, unmount }
}

/** Types into a field as a person does. */
export function type(field: HTMLElement, text: string): void {
  ;(field as HTMLInputElement).value = text
  field.dispatchEvent(new Event('input', { bubbles: true }))
}

/** Presses a key on an element; true when something took it. */
export function press(element: HTMLElement, key: string, more: KeyboardEventInit = {}): boolean {
  const event = new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true, ...more })
  element.dispatchEvent(event)
  return event.defaultPrevented
}
