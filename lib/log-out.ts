import { describeCall, requireSession, type RouteCall } from './create-route.js'
import { withinSignal } from './deadline.js'
import { SessionError } from './errors.js'
import { clearSessionCookie, findSessionCookie } from './session/session-cookie.js'
import type { Cis2SessionRecord } from './session/session-data.js'
import { hashSessionId } from './session/session-hash.js'
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
  if (login === undefined) return await endSuccessor(call, route, wiring)
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

// The request was on its way while another one changed the role: what its cookie names is no session any more, and the
// person would be told that they are logged out, and stay logged in.
async function endSuccessor(
  call: RouteCall,
  route: string,
  { sessions, people, events, provider }: Wiring,
): Promise<Cis2SessionRecord | undefined> {
  const ending = withinSignal(sessions.endSuccessor(call.req), provider.startBudget())
  const ended = await ending.catch((cause: unknown) => {
    throw new SessionError('ERR_CIS2_SESSION_DESTROY', undefined, { cause })
  })
  if (ended === undefined) return undefined
  const { sessionId, login } = ended
  call.sub = login.sub
  people.forget(login.login)
  const sessionHash = hashSessionId(sessionId)
  events.emit('logout.succeeded', { ...describeCall(call, route), outcome: 'success', sessionHash })
  return login
}
