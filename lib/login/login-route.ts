import type { RequestHandler } from 'express'
import { createRoute, requireSession, type RouteCall } from '../create-route.js'
import { LoginError } from '../errors.js'
import { readLogin } from '../session/user-session.js'
import { redirect } from '../redirect.js'
import { raiseWarnings } from '../setting-warnings.js'
import type { Wiring } from '../wiring.js'
import { checkLoginRequest, startLogin } from './start-login.js'

/**
 * GET: starts a login and sends the browser to CIS2. Somebody who is logged in goes straight on, unless
 * `reauthenticate=true` or the link is that of a step-up; their session lives until the new login succeeds.
 */
export function createLoginRoute(wiring: Wiring): RequestHandler {
  const { attempts } = wiring
  return createRoute(
    { name: 'login', methods: ['GET'], failureEvent: 'login.failed' },
    wiring,
    async (call) => {
      const { req, res } = call
      const { returnTo, query } = checkLoginRequest(call, wiring)
      const user = readLogin(req, wiring)?.user
      const stepUp = attempts.openStepUp(query.get('stepUp') ?? '')
      const isForUser = stepUp !== undefined && stepUp.sub === user?.sub
      if (user !== undefined && query.get('reauthenticate') !== 'true' && !isForUser) {
        redirect(res, 302, returnTo)
        return
      }
      // While the store is gone, the person would take all the trouble at CIS2 for a failure.
      if (req.session !== undefined || wiring.sessions.hasSeenSession) requireSession(req, wiring)
      if (user === undefined) refuseLoginLoop(call, wiring)
      raiseWarnings(wiring.events, 'login', wiring.sessions.newWarnings(req, wiring.config))
      redirect(res, 302, await startLogin(call, isForUser ? { returnTo, stepUp } : { returnTo }, wiring))
    },
  )
}

/** @throws {LoginError} `ERR_CIS2_LOGIN_LOOP` */
function refuseLoginLoop({ req, res }: RouteCall, { attempts }: Wiring): void {
  const { cookie } = req.headers
  if (!attempts.recent.isLoop(cookie)) return
  // The page's link must work: something may have been mended.
  attempts.recent.forget(res, cookie)
  throw new LoginError('ERR_CIS2_LOGIN_LOOP')
}
