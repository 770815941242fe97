import { attemptLifetimeSeconds } from '../attempt/attempt-cookies.js'
import type { LoginWish } from '../attempt/login-wish.js'
import { describeCall, type RouteCall } from '../create-route.js'
import { ConfigurationError, LoginError } from '../errors.js'
import { isCertainlyNoNavigation } from '../navigation.js'
import type { SessionRequest } from '../session/session-request.js'
import { publicLocation } from '../public-urls.js'
import type { Wiring } from '../wiring.js'
import { buildAuthorizationRequest } from './authorization-request.js'
import { returnToOf } from './return-to.js'

/** What the request of a login asks for. */
interface LoginRequest {
  readonly returnTo: string
  readonly query: URLSearchParams
}

/**
 * Notes on the call where the person wants to go, and looks whether they can be sent to CIS2 at all.
 *
 * @throws {LoginError} `ERR_CIS2_LOGIN_NOT_NAVIGATION`
 * @throws {ConfigurationError} `ERR_CIS2_TRUST_PROXY`
 */
export function checkLoginRequest(call: RouteCall, wiring: Wiring): LoginRequest {
  const { config } = wiring
  const query = new URLSearchParams(publicLocation(wiring, call.req).query)
  const returnTo = returnToOf(query, config)
  call.returnTo = returnTo
  if (isCertainlyNoNavigation(call.req)) throw new LoginError('ERR_CIS2_LOGIN_NOT_NAVIGATION')
  checkConnection(call.req)
  return { returnTo, query }
}

/** The login would end in a loop: express-session sets no `Secure` cookie on what Express takes for http. */
function checkConnection(req: SessionRequest & { secure: boolean }): void {
  if (req.session?.cookie?.secure === true && !req.secure)
    throw new ConfigurationError('ERR_CIS2_TRUST_PROXY')
}

/** A wish to log in: where to come back to, and what for. */
export type LoginStart = Omit<LoginWish, 'reference'> & {
  /** The person is to choose another role at CIS2. */
  readonly changesRole?: boolean
}

/**
 * A new attempt in its sealed cookie → the address at CIS2 to send the browser to. What is demanded of the answer goes
 * into that cookie: the address travels through the browser, where it can be changed.
 *
 * @throws {ProviderError} when CIS2 cannot be had
 */
export async function startLogin(call: RouteCall, wish: LoginStart, wiring: Wiring): Promise<string> {
  const { config, provider, attempts, events } = wiring
  const { req, res, reference } = call
  const { changesRole = false, ...rest } = wish
  const metadata = await provider.metadata()
  const { attempt, cookieValue } = attempts.start({ ...rest, reference })
  const { cookies } = attempts
  const cookieName = cookies.name(attempt.state)
  for (const name of cookies.namesToEvict(req.headers.cookie, cookieName, cookieValue))
    res.clearCookie(name, cookies.attributes)
  res.append('Set-Cookie', cookies.serialize(attempt.state, cookieValue, attemptLifetimeSeconds))
  events.emit('login.started', { ...describeCall(call, 'login'), outcome: 'success' })
  return buildAuthorizationRequest(config, metadata, { attempt, changesRole })
}
