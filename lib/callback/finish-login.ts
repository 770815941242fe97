import type { OpenedAttempt } from '../attempt/login-attempts.js'
import type { FinishedLogin } from '../attempt/logins-in-flight.js'
import { describeCall, type RouteCall } from '../create-route.js'
import { ProviderError } from '../errors.js'
import { present } from '../present.js'
import { packLogin, type LoginResult } from '../session/packed-login.js'
import type { Cis2SessionRecord } from '../session/session-data.js'
import { readLogin, readSession, startSession } from '../session/user-session.js'
import { claim, textClaim } from '../user/claims.js'
import type { Wiring } from '../wiring.js'
import type { AuthorizationResponse } from './authorization-response.js'
import { endOtherSessions } from './end-other-sessions.js'
import { hasChangedRole, roleToKeep } from './role-to-keep.js'
import { describeStrength, verifyLogin, type VerifiedLogin } from './verify-login.js'

/** authorization response → a login in the session, within one budget. */
export async function finishLogin(
  call: RouteCall,
  response: AuthorizationResponse,
  attempt: OpenedAttempt,
  wiring: Wiring,
): Promise<FinishedLogin> {
  const signal = wiring.provider.startBudget()
  const login = await verifyLogin(call, response, attempt, signal, wiring)
  await logIn(call, login, { isStepUp: attempt.stepUp !== undefined, signal }, wiring)
  return { sessionId: call.req.sessionID }
}

async function logIn(
  call: RouteCall,
  { user, idTokenClaims, userInfo, tokens }: VerifiedLogin,
  { isStepUp, signal }: { isStepUp: boolean; signal: AbortSignal },
  wiring: Wiring,
): Promise<void> {
  const { config, events } = wiring
  const previous = readSession(call.req, config.clientTag)
  const previousLogin = readLogin(call.req, wiring)
  const roleId = previousLogin && roleToKeep(previousLogin, user, isStepUp)
  const now = Date.now() / 1000
  const sid = textClaim(idTokenClaims, 'sid')
  const record: Cis2SessionRecord = {
    version: 1,
    client: config.clientTag,
    sub: user.sub,
    ...(sid === undefined ? {} : { sid }),
    loggedInAt: now,
    issuedAt: Number(claim(idTokenClaims, 'iat')),
    lastSeenAt: now,
    login: pack({ tokens, ...(userInfo === undefined ? {} : { userInfo }) }),
    ...present({ roleId }),
  }
  await startSession(call.req, record, { carryOver: config.carryOver, signal })
  call.sub = user.sub
  if (config.isNewestOnly) await endOtherSessions(call, record, signal, wiring)
  const description = { ...describeCall(call, 'callback'), outcome: 'success' } as const
  if (previous !== undefined) wiring.sessions.forgetKept(call.req, previous)
  if (previous !== undefined && previous.sub !== user.sub) events.emit('user.switched', description)
  if (previousLogin !== undefined && roleId === undefined && hasChangedRole(previousLogin.user, user))
    events.emit('role.selected', description)
  events.emit('login.succeeded', { ...description, ...describeStrength(user) })
}

function pack(login: LoginResult): string {
  try {
    return packLogin(login)
  } catch (cause) {
    // Nested so deep that it cannot be written as JSON.
    throw new ProviderError('ERR_CIS2_USER_INVALID', undefined, { cause })
  }
}
