import type { Store } from 'express-session'
import type { SettingWarning } from '../setting-warnings.js'
import { findSessionCookie } from './session-cookie.js'
import type { SessionRequest } from './session-request.js'

interface Circumstances {
  /** Whether the application is on https, as in production. */
  readonly isSecure: boolean
  readonly backChannelLogout: boolean
}

/**
 * express-session tells nobody its settings: what can be seen of them on a request at the start of a login.
 *
 * @param store the sessions' own store
 */
export function findSessionWarnings(
  req: SessionRequest,
  store: Store | undefined,
  { isSecure, backChannelLogout }: Circumstances,
): readonly SettingWarning[] {
  const { session } = req
  if (session === undefined || !isSecure) return []
  const warnings: SettingWarning[] = []
  if (store?.constructor.name === 'MemoryStore')
    warnings.push({
      option: 'session store',
      message: `is express-session's MemoryStore: sessions are lost at every restart and known to one process only${backChannelLogout ? ', so that back-channel logout reaches no other' : ''}`,
    })
  // Unlike the typings, cookie-session has no cookie here.
  const cookie: typeof session.cookie | undefined = session.cookie
  if (cookie?.sameSite === 'strict' || cookie?.sameSite === true)
    warnings.push({
      option: 'session cookie',
      message: 'is SameSite=Strict: browsers do not send it when CIS2 sends the person back. Use lax',
    })
  if (cookie !== undefined && cookie.secure !== true)
    warnings.push({ option: 'session cookie', message: 'is not Secure although baseUrl is https' })
  if (Object.keys(session).every((key) => key === 'cookie') && findSessionCookie(req) !== undefined)
    warnings.push({
      option: 'session',
      message: 'saves empty sessions: set saveUninitialized to false, or every robot leaves one',
    })
  return warnings
}
