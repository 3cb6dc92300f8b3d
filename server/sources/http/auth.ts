/** What a request carries to say who asks. */
import type { Clock } from '../../../shared/time.ts'
import type { Request } from './attempts.ts'
import type { Answer } from './exchange.ts'
import { openJwt } from './jwt.ts'
import type { Secrets } from './secrets.ts'
import type { HttpSettings } from './settings.ts'

export interface AuthNeeds {
  source: string
  settings: HttpSettings
  secrets: Secrets
  clock: Clock
  /** Sends a login with the source's limits and retries; any other status is an answer. */
  send(request: Request, signal: AbortSignal): Promise<Answer>
}

export interface Auth {
  /** Headers of the next request. Errors: `source.no-secret`, `source.login-refused`, and those of sending. */
  headers(signal: AbortSignal): Promise<Readonly<Record<string, string>>>
  /** After a 401 to a request with these headers: true when others can be had, so that it is worth another try. */
  renew(refused: Readonly<Record<string, string>>): boolean
  /** Which environment variables hold the login, for messages. */
  readonly variables: readonly string[]
  close(): void
}

/** Opens what the settings say; nothing is read or sent before it is needed. */
export function openAuth(needs: AuthNeeds): Auth {
  const { bearer, api_key, jwt } = needs.settings.auth
  if (jwt !== undefined) return openJwt(needs, jwt)
  const { secrets } = needs
  if (bearer !== undefined)
    return fixed([bearer.token_env], () => ({ authorization: `${bearer.scheme} ${secrets.read(bearer.token_env, 'token')}` }))
  if (api_key !== undefined)
    return fixed([api_key.key_env], () => ({ [api_key.header.toLowerCase()]: secrets.read(api_key.key_env, 'key') }))
  return fixed([], () => ({}))
}

function fixed(variables: readonly string[], headers: () => Record<string, string>): Auth {
  return { variables, headers: async () => headers(), renew: () => false, close: () => undefined }
}
