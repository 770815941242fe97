import { parseCookies } from '../request-cookies.js'
import type { SessionRequest } from './session-request.js'

interface CookieAttributes {
  readonly path: string
  readonly httpOnly: boolean
  readonly secure: boolean
  readonly domain?: string
  readonly sameSite?: boolean | 'lax' | 'strict' | 'none'
  readonly partitioned?: boolean
}

/** As much of Express's response as is needed here. */
interface CookieClearer {
  readonly headersSent: boolean
  clearCookie(name: string, attributes: CookieAttributes): unknown
}

/** A cookie of express-session's, with the attributes it was set with. */
export interface SessionCookie {
  readonly name: string
  readonly attributes: CookieAttributes
}

/**
 * Finds express-session's cookie. Its name is the host's setting, which express-session tells nobody; its value is
 * `s:<session id>.<signature>`.
 */
export function findSessionCookie(req: SessionRequest): SessionCookie | undefined {
  const { session, sessionID } = req
  if (session === undefined || sessionID === undefined) return undefined
  const found = parseCookies(req.headers.cookie).find(([, value]) =>
    decoded(value).startsWith(`s:${sessionID}.`),
  )
  if (found === undefined) return undefined
  const { path, domain, httpOnly, sameSite, secure } = session.cookie
  // Newer than the typings.
  const partitioned: unknown = Reflect.get(session.cookie, 'partitioned')
  const attributes: CookieAttributes = {
    path: path ?? '/',
    httpOnly: httpOnly ?? true,
    // 'auto' has become what the connection is by the time a session is there.
    secure: secure === true,
    ...(domain === undefined ? {} : { domain }),
    ...(sameSite === undefined ? {} : { sameSite }),
    ...(partitioned === true ? { partitioned } : {}),
  }
  return { name: found[0], attributes }
}

const mostIds = 4

/**
 * The session ids that the cookies of a request name. Nobody has looked at their signatures, which only express-session
 * can: good for ending what goes by such an id, and for nothing else.
 */
export function sessionIdsInCookies({ headers }: SessionRequest): readonly string[] {
  const ids = parseCookies(headers.cookie).flatMap(([, value]) => {
    const [, id] = /^s:(.+)\.[^.]+$/.exec(decoded(value)) ?? []
    return id === undefined ? [] : [id]
  })
  return ids.slice(0, mostIds)
}

/** Makes the browser forget the cookie: with other attributes it would keep it. */
export function clearSessionCookie(res: CookieClearer, cookie: SessionCookie | undefined): void {
  if (cookie !== undefined && !res.headersSent) res.clearCookie(cookie.name, cookie.attributes)
}

function decoded(value: string): string {
  try {
    return decodeURIComponent(value)
  } catch {
    return value
  }
}
