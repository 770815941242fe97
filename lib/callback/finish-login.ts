import type { OpenedAttempt } from '../attempt/login-attempts.js'
import type { FinishedLogin } from '../attempt/logins-in-flight.js'
import { describeCall, type RouteCall } from '../create-route.js'
import { ProviderError, SessionError } from '../errors.js'
import { endSessions } from '../session/end-sessions.js'
import { packLogin, type LoginResult } from '../session/packed-login.js'
import type { Cis2SessionRecord } from '../session/session-data.js'
import { readSession, startSession } from '../session/user-session.js'
import { claim, textClaim, type Claims } from '../user/claims.js'
import { parseUserInfo, type Cis2User } from '../user/user.js'
import type { Wiring } from '../wiring.js'
import { checkIdentityAssurance } from './authentication-context.js'
import { takeCode, type AuthorizationResponse } from './authorization-response.js'
import { verifyIdToken } from './id-token.js'
import { requestTokens, type TokenResponse } from './token-request.js'
import { fetchUserInfo } from './userinfo.js'

/** authorization response → a login in the session, step by step within one budget. */
export async function finishLogin(
  call: RouteCall,
  response: AuthorizationResponse,
  attempt: OpenedAttempt,
  wiring: Wiring,
): Promise<FinishedLogin> {
  const { config, inFlight, provider, currentKeys } = wiring
  const signal = provider.startBudget()
  const metadata = await provider.metadata(signal)
  // Up to here nothing has been spent: after an outage the same address works again.
  inFlight.use(attempt.state)
  spendAttempt(call, attempt, wiring)
  const code = takeCode(response, metadata)
  const { signingKey } = currentKeys()
  const tokens = await requestTokens(code, { attempt, config, metadata, provider, signingKey, signal }).catch(
    (error: unknown) => {
      reportRefusedClient(error, call, wiring)
      throw error
    },
  )
  const keys = provider.keys(metadata)
  const idTokenClaims = await verifyIdToken(tokens.idToken, {
    attempt,
    config,
    metadata,
    keys,
    signal,
    code,
    accessToken: tokens.accessToken,
  })
  const userInfo = await fetchUserInfo({
    accessToken: tokens.accessToken,
    sub: claim(idTokenClaims, 'sub'),
    config,
    metadata,
    provider,
    signal,
  })
  const user = parseUserInfo(idTokenClaims, userInfo)
  checkIdentityAssurance(user.identityAssuranceLevel, config)
  await logIn(call, { user, idTokenClaims, userInfo, tokens }, signal, wiring)
  return { sessionId: call.req.sessionID }
}

interface Login {
  readonly user: Cis2User
  readonly idTokenClaims: Claims
  readonly userInfo: Claims | undefined
  readonly tokens: TokenResponse
}

async function logIn(
  call: RouteCall,
  { user, idTokenClaims, userInfo, tokens }: Login,
  signal: AbortSignal,
  wiring: Wiring,
): Promise<void> {
  const { config, events } = wiring
  const previous = readSession(call.req, config.clientTag)
  const now = Date.now() / 1000
  const sid = textClaim(idTokenClaims, 'sid')
  const record: Cis2SessionRecord = {
    version: 1,
    client: config.clientTag,
    sub: user.sub,
    ...(sid === undefined ? {} : { sid }),
    loggedInAt: now,
    lastSeenAt: now,
    login: pack({ tokens, ...(userInfo === undefined ? {} : { userInfo }) }),
  }
  await startSession(call.req, record, config.carryOver, signal)
  if (config.isNewestOnly) await endOtherSessions(call.req, record, wiring)
  call.sub = user.sub
  const description = { ...describeCall(call, 'callback'), outcome: 'success' } as const
  if (previous !== undefined && previous.sub !== user.sub) events.emit('user.switched', description)
  events.emit('login.succeeded', {
    ...description,
    ...(user.acr === undefined ? {} : { acr: user.acr }),
    identityAssuranceLevel: user.identityAssuranceLevel,
    authenticationAssuranceLevel: user.authenticationAssuranceLevel,
  })
}

/** The person's other sessions, on every process; this one has begun, and has the only id that is spared. */
async function endOtherSessions(
  req: RouteCall['req'],
  record: Cis2SessionRecord,
  wiring: Wiring,
): Promise<void> {
  const { sessions, config } = wiring
  const store = sessions.storeOf(req)
  if (store === undefined) return
  const registry = sessions.registryFor(store)
  const ids = await registry.sessionsOf({ sub: record.sub })
  await endSessions(
    ids.filter((id) => id !== req.sessionID),
    {
      store,
      registry,
      client: config.clientTag,
      isMeant: ({ loggedInAt }) => loggedInAt <= record.loggedInAt,
    },
  ).catch((cause: unknown) => {
    throw new SessionError('ERR_CIS2_SESSION_DESTROY', "the person's other sessions could not be ended", {
      cause,
    })
  })
}

function pack(login: LoginResult): string {
  try {
    return packLogin(login)
  } catch (cause) {
    // Nested so deep that it cannot be written as JSON.
    throw new ProviderError('ERR_CIS2_USER_INVALID', undefined, { cause })
  }
}

function spendAttempt({ res }: RouteCall, attempt: OpenedAttempt, { attempts }: Wiring): void {
  const { cookies } = attempts
  res.append(
    'Set-Cookie',
    cookies.serialize(attempt.state, attempts.usedCookieValue(attempt), attempts.remainingSeconds(attempt)),
  )
}

function reportRefusedClient(error: unknown, call: RouteCall, { events, currentKeys }: Wiring): void {
  if (!(error instanceof ProviderError) || error.code !== 'ERR_CIS2_CLIENT_REFUSED') return
  const { kid, algorithm } = currentKeys().signingKey
  events.emit('client_authentication.refused', {
    ...describeCall(call, 'callback'),
    outcome: 'failure',
    reason: error.code,
    kid,
    algorithm,
  })
}
