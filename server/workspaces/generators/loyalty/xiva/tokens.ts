/** JSON Web Tokens (RFC 7519) of the demo's API: signed with a key that lives as long as the service. */
import { createHmac, timingSafeEqual } from 'node:crypto'
import { z } from 'zod'

const claims = z.object({ use: z.enum(['access', 'refresh']), sub: z.string(), iat: z.number(), exp: z.number() })
type Claims = z.infer<typeof claims>

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
const sign = (key: Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest()

/** A token; times are seconds since 1970. */
export function writeToken(key: Buffer, content: Claims): string {
  const text = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode(content)}`
  return `${text}.${sign(key, text).toString('base64url')}`
}

/** What the token says; null where it was not signed by us, has ended or is not meant for this use. */
export function readToken(key: Buffer, token: string, { use, now }: { use: Claims['use']; now: number }): Claims | null {
  const [header = '', body = '', signature = ''] = token.split('.')
  const [given, expected] = [Buffer.from(signature, 'base64url'), sign(key, `${header}.${body}`)]
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return null
  const found = claims.safeParse(JSON.parse(Buffer.from(body, 'base64url').toString()))
  return found.success && found.data.use === use && found.data.exp > now ? found.data : null
}
