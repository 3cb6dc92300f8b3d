/** Starts the demo's Xiva API at the address that pack.yaml names, and lets this process in. */
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parse } from 'yaml'
import { z } from 'zod'
import { mistake } from '../../../../../shared/failure.ts'
import type { DemoService, Scale, ServiceRequest } from '../../generator.ts'
import { loyaltySizes } from '../sizes.ts'
import { drawXivaCustomers, type XivaCustomer } from './accounts.ts'
import { openXivaApi } from './api.ts'
import { hardshipsFrom } from './hardships.ts'

const pack = z.object({
  sources: z.object({
    xiva: z.object({
      base_url: z.url(),
      auth: z.object({ jwt: z.object({ username_env: z.string(), password_env: z.string() }) }).optional(),
    }),
  }),
})

/** What the demo notes of itself in `demo.json`. */
const note = z.object({
  seed: z.int(),
  scale: z.enum(['small', 'medium', 'large'] satisfies Scale[]),
  sizes: z.record(z.string(), z.number()),
  until: z.number(),
  lived_until: z.number(),
})
type Note = z.infer<typeof note>

/**
 * Where another process of the same workspace answers already, that one is used. An address that is not of this machine is
 * the real Xiva: nothing is started, nor any login set.
 */
export async function serveXiva({ folder, environment, say }: ServiceRequest): Promise<DemoService> {
  const { base_url, auth } = await readAddress(folder)
  const url = new URL(base_url)
  const nothing: DemoService = { url: base_url, close: () => Promise.resolve() }
  if (!/^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(url.hostname)) return nothing
  const name = `xiva demo of ${createHash('sha256').update(folder).digest('hex').slice(0, 16)}`
  const login = demoLogin(environment, { name, ...auth?.jwt })
  const base = url.pathname.replace(/\/?$/, '/')
  try {
    return await openXivaApi({
      ...{ host: url.hostname.replaceAll(/[[\]]/g, ''), port: Number(url.port === '' ? 80 : url.port), base, name },
      login: { ...login, token: environment['XIVA_TOKEN'], now: () => Math.floor(Date.now() / 1000) },
      hardships: hardshipsFrom(environment, Date.now),
      customers: openCustomers(folder),
    })
  } catch (thrown) {
    if (!(await answersAs(new URL(base, url), name)))
      say(
        `The demo’s Xiva API cannot answer at ${base_url} (${thrown instanceof Error ? thrown.message : String(thrown)}). ` +
          'Stop the program that does, or set another port at sources.xiva.base_url in pack.yaml.',
      )
    return nothing
  }
}

async function readAddress(folder: string): Promise<z.infer<typeof pack>['sources']['xiva']> {
  const found = pack.safeParse(parse(await readFile(join(folder, 'pack.yaml'), 'utf8')))
  if (found.success) return found.data.sources.xiva
  throw mistake('demo.no-address', `${join(folder, 'pack.yaml')}: ${z.prettifyError(found.error)}`, 'Set sources.xiva.base_url.')
}

/**
 * The login that the environment has; where it has none, one is made up and put there for the jobs of this process. It opens
 * nothing but made-up data on this machine, and is the same for all processes of the workspace, so nobody has to store it.
 */
function demoLogin(
  environment: NodeJS.ProcessEnv,
  { name, username_env = 'XIVA_USERNAME', password_env = 'XIVA_PASSWORD' }: { name: string; username_env?: string; password_env?: string },
): { username: string; password: string } {
  const username = (environment[username_env] ??= 'demo@example.com')
  const password = (environment[password_env] ??= createHash('sha256').update(`login of ${name}`).digest('hex').slice(0, 24))
  return { username, password }
}

async function answersAs(address: URL, name: string): Promise<boolean> {
  try {
    const answer = z.object({ service: z.string() }).parse(await (await fetch(address)).json())
    return answer.service === name
  } catch {
    return false
  }
}

/** Customers as the demo's note has them at each request: the demo may be made, or live on, while the service runs. */
function openCustomers(folder: string): () => Promise<readonly XivaCustomer[] | null> {
  let known: { key: string; customers: readonly XivaCustomer[] } | undefined
  return async () => {
    const text = await readFile(join(folder, 'demo.json'), 'utf8').catch(() => null)
    if (text === null) return null
    if (known?.key !== text) known = { key: text, customers: drawnFrom(note.parse(JSON.parse(text))) }
    return known.customers
  }
}

function drawnFrom({ seed, scale, sizes, until, lived_until }: Note): readonly XivaCustomer[] {
  return drawXivaCustomers({ seed, until, now: lived_until, customers: loyaltySizes(scale, sizes).xiva })
}
