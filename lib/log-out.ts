import { describeCall, requireSession, type RouteCall } from './create-route.js'
import { clearSessionCookie, findSessionCookie } from './session/session-cookie.js'
import type { Cis2SessionRecord } from './session/session-data.js'
import { endSession, readSession } from './session/user-session.js'
import type { Wiring } from './wiring.js'

/**
 * Ends the login of a request: the session is destroyed in the store first, and only then is anything said. By nobody,
 * or twice, is no error.
 *
 * @returns the login that was ended
 * @throws {SessionError} `ERR_CIS2_SESSION_DESTROY`, `ERR_CIS2_SESSION_UNAVAILABLE`
 */
export async function logOut(
  call: RouteCall,
  route: string,
  wiring: Wiring,
): Promise<Cis2SessionRecord | undefined> {
  const { req, res } = call
  requireSession(req, wiring)
  const login = readSession(req, wiring.config.clientTag)
  if (login === undefined) return undefined
  call.sub = login.sub
  const description = describeCall(call, route)
  const cookie = findSessionCookie(req)
  const { sessionID } = req
  // When the store fails the cookie stays: without it, a second try would find nobody and say that it is done.
  await endSession(req, wiring.provider.startBudget())
  clearSessionCookie(res, cookie)
  wiring.people.forget(login.login)
  wiring.sessions.forget(req, sessionID, login)
  wiring.events.emit('logout.succeeded', { ...description, outcome: 'success' })
  return login
}
