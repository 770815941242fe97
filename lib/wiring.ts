import type { Request } from 'express'
import type { LoginAttempts } from './attempt/login-attempts.js'
import type { LoginsInFlight } from './attempt/logins-in-flight.js'
import type { Config } from './config/config.js'
import type { Cis2EventEmitter } from './events.js'
import type { KeySet } from './keys/key-set.js'
import type { PeopleCache } from './session/people-cache.js'
import type { SessionStores } from './session/session-stores.js'
import type { Provider } from './provider/provider.js'

/** What one `createCis2` call is made of; every route gets it, and nothing is shared between two of them. */
export interface Wiring {
  readonly config: Config
  readonly events: Cis2EventEmitter
  readonly provider: Provider
  readonly attempts: LoginAttempts
  readonly inFlight: LoginsInFlight
  /** The keys in use now; `setKeys` replaces them. */
  readonly currentKeys: () => KeySet
  readonly people: PeopleCache
  readonly sessions: SessionStores
}

/** The public path of the login route, with the page to come back to. */
export function loginUrl({ config }: Wiring, returnTo?: string): string {
  const query = returnTo === undefined ? '' : `?returnTo=${encodeURIComponent(returnTo)}`
  return `${config.basePath}${config.routes.login}${query}`
}

/** The path of the request as the browser sees it, and its query, untouched by Express's parsers. */
export function publicLocation(
  { config }: Wiring,
  req: Pick<Request, 'originalUrl'>,
): { path: string; query: string } {
  // Absolute-form request lines keep scheme and host in originalUrl; they say nothing that counts here.
  const url = req.originalUrl.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i, '')
  const mark = url.indexOf('?')
  const path = mark === -1 ? url : url.slice(0, mark)
  const isPublic =
    config.basePath === '' || path === config.basePath || path.startsWith(`${config.basePath}/`)
  return { path: isPublic ? path : config.basePath + path, query: mark === -1 ? '' : url.slice(mark + 1) }
}
