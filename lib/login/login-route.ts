import type { RequestHandler } from 'express'
import { attemptLifetimeSeconds } from '../attempt/attempt-cookies.js'
import { createRoute, describeCall, type RouteCall } from '../create-route.js'
import { ConfigurationError, LoginError } from '../errors.js'
import { isCertainlyNoNavigation } from '../navigation.js'
import type { SessionRequest } from '../session/session-request.js'
import { readLogin } from '../session/user-session.js'
import { randomReference } from '../random.js'
import { redirect } from '../redirect.js'
import { publicLocation, type Wiring } from '../wiring.js'
import { createAuthorizationRequest } from './authorization-request.js'
import { parseReturnTo } from './return-to.js'

/**
 * GET: starts a login and sends the browser to CIS2. Somebody who is logged in goes straight on, unless
 * `reauthenticate=true`; their session lives until the new login succeeds.
 */
export function createLoginRoute(wiring: Wiring): RequestHandler {
  const { config, provider, attempts, events } = wiring
  const buildAuthorizationRequest = createAuthorizationRequest(config)
  return createRoute(
    { name: 'login', methods: ['GET'], failureEvent: 'login.failed' },
    wiring,
    async (call) => {
      const { req, res } = call
      const query = new URLSearchParams(publicLocation(wiring, req).query)
      const wishes = query.getAll('returnTo')
      const returnTo = parseReturnTo(wishes.length === 1 ? wishes[0] : undefined, config)
      call.returnTo = returnTo
      if (isCertainlyNoNavigation(req)) throw new LoginError('ERR_CIS2_LOGIN_NOT_NAVIGATION')
      checkConnection(req, config.isSecure)
      if (query.get('reauthenticate') !== 'true' && readLogin(req, wiring) !== undefined) {
        redirect(res, 302, returnTo)
        return
      }
      warnAboutSession(req, wiring)
      const metadata = await provider.metadata()
      const { attempt, cookieValue } = attempts.start({ returnTo, reference: call.reference })
      const { cookies } = attempts
      const cookieName = cookies.name(attempt.state)
      for (const name of cookies.namesToEvict(req.headers.cookie, cookieName, cookieValue))
        res.clearCookie(name, cookies.attributes)
      res.append('Set-Cookie', cookies.serialize(attempt.state, cookieValue, attemptLifetimeSeconds))
      events.emit('login.started', { ...describeCall(call, 'login'), outcome: 'success' })
      redirect(res, 302, buildAuthorizationRequest(metadata, attempt))
    },
  )
}

function warnAboutSession(req: RouteCall['req'], { sessions, events, config }: Wiring): void {
  events.warn(
    sessions
      .newWarnings(req, config)
      .map((warning) => ({ reference: randomReference(), route: 'login', outcome: 'failure', ...warning })),
  )
}

/** The login would end in a loop: express-session sets no `Secure` cookie on what Express takes for http. */
function checkConnection(req: SessionRequest & { secure: boolean }, isSecure: boolean): void {
  if (isSecure && req.session?.cookie?.secure === true && !req.secure)
    throw new ConfigurationError('ERR_CIS2_TRUST_PROXY')
}
