import type { OpenedAttempt } from '../attempt/login-attempts.js'
import type { RouteCall } from '../create-route.js'
import { Cis2Error } from '../errors.js'
import { readLogin } from '../session/user-session.js'
import type { Claims } from '../user/claims.js'
import { parseUserInfo, type Cis2User } from '../user/user.js'
import type { Wiring } from '../wiring.js'
import { checkIdentityAssurance } from './authentication-context.js'
import { takeCode, type AuthorizationResponse } from './authorization-response.js'
import { verifyIdToken } from './id-token.js'
import { checkSamePerson, concernsLogin, demandsOf, errorWhileLoggedIn } from './step-up.js'
import { requestTokens, type TokenResponse } from './token-request.js'
import { fetchUserInfo } from './userinfo.js'

/** A person whom CIS2 has authenticated, every check passed; nobody is logged in here yet. */
export interface VerifiedLogin {
  readonly user: Cis2User
  readonly idTokenClaims: Claims
  readonly userInfo: Claims | undefined
  readonly tokens: TokenResponse
}

/**
 * authorization response → the person, step by step within one budget. From its first step on the attempt is spent,
 * whatever comes of it.
 *
 * @throws {LoginError} one code per check
 * @throws {ProviderError} when CIS2 does not do its part
 */
export async function verifyLogin(
  call: RouteCall,
  response: AuthorizationResponse,
  attempt: OpenedAttempt,
  signal: AbortSignal,
  wiring: Wiring,
): Promise<VerifiedLogin> {
  return await verify(call, response, attempt, signal, wiring).catch((error: unknown) => {
    const user = readLogin(call.req, wiring)?.user
    const failure = errorWhileLoggedIn(error, attempt.stepUp, user)
    if (user !== undefined && failure instanceof Cis2Error && concernsLogin(failure)) call.sub = user.sub
    throw failure
  })
}

async function verify(
  call: RouteCall,
  response: AuthorizationResponse,
  attempt: OpenedAttempt,
  signal: AbortSignal,
  wiring: Wiring,
): Promise<VerifiedLogin> {
  const { inFlight, provider, currentKeys } = wiring
  const config = demandsOf(wiring.config, attempt.stepUp)
  const metadata = await provider.metadata(signal)
  // Up to here nothing has been spent: after an outage the same address works again.
  inFlight.use(attempt.state)
  spendAttempt(call, attempt, wiring)
  const code = takeCode(response, metadata)
  const { signingKey } = currentKeys()
  const tokens = await requestTokens(code, { attempt, config, metadata, provider, signingKey, signal })
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
    config,
    metadata,
    provider,
    signal,
  })
  const user = parseUserInfo(idTokenClaims, userInfo)
  checkSamePerson(user, attempt.stepUp)
  checkIdentityAssurance(user.identityAssuranceLevel, config)
  return { user, idTokenClaims, userInfo, tokens }
}

/** What the event of a login says about how strongly the person authenticated. */
export function describeStrength(
  user: Cis2User,
): Pick<Cis2User, 'acr' | 'identityAssuranceLevel' | 'authenticationAssuranceLevel'> {
  const { acr, identityAssuranceLevel, authenticationAssuranceLevel } = user
  return { ...(acr === undefined ? {} : { acr }), identityAssuranceLevel, authenticationAssuranceLevel }
}

function spendAttempt({ res }: RouteCall, attempt: OpenedAttempt, { attempts }: Wiring): void {
  const { cookies } = attempts
  res.append(
    'Set-Cookie',
    cookies.serialize(attempt.state, attempts.usedCookieValue(attempt), attempts.remainingSeconds(attempt)),
  )
}
