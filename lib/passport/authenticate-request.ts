import type { Request } from 'express'
import { attemptLifetimeSeconds } from '../attempt/attempt-cookies.js'
import { LoginsInFlight } from '../attempt/logins-in-flight.js'
import { callbackMethods } from '../callback/read-callback.js'
import type { VerifiedLogin } from '../callback/verify-login.js'
import { checkRequest, requireSession, type RouteCall } from '../create-route.js'
import { setPrivateHeaders } from '../error-page.js'
import { ConfigurationError } from '../errors.js'
import { checkLoginRequest, startLogin } from '../login/start-login.js'
import { randomReference } from '../random.js'
import { RequestContext } from '../request-context.js'
import { thrownError } from '../thrown-error.js'
import { isAtPath, publicLocation } from '../public-urls.js'
import type { Wiring } from '../wiring.js'
import { failRequest } from './fail-request.js'
import { finishPassportLogin, type Answer } from './finish-passport-login.js'
import type { Cis2StrategyActions } from './strategy-actions.js'
import type { Cis2Verify } from './verify-user.js'

type AuthenticateRequest = (actions: Cis2StrategyActions, req: Request, options: object) => void

/** One strategy for two paths: that of `redirectUri` is the way back, every other is the way out. */
export function createAuthenticateRequest(wiring: Wiring, verify: Cis2Verify): AuthenticateRequest {
  const inFlight = new LoginsInFlight<VerifiedLogin>(attemptLifetimeSeconds)

  async function answer(call: RouteCall, route: Route, options: object): Promise<Answer> {
    checkPassportStyleIsOff(call.req)
    checkRequest(call.req, route === 'callback' ? callbackMethods(wiring) : ['GET'])
    setPrivateHeaders(call.res)
    // Without one, the person would take all the trouble at CIS2 for a failure.
    if (Reflect.get(options, 'session') !== false) requireSession(call.req, wiring)
    if (route === 'callback') return await finishPassportLogin(call, { wiring, verify, inFlight })
    const { returnTo } = checkLoginRequest(call, wiring)
    const address = await startLogin(call, { returnTo }, wiring)
    return (actions) => actions.redirect(address)
  }

  return (actions, req, options) => {
    const { res } = req
    if (res === undefined) {
      actions.error(new TypeError('Cis2Strategy needs a request of Express: this one has no res'))
      return
    }
    const call: RouteCall = { req, res, reference: randomReference() }
    const route = routeOf(req, wiring)
    answer(call, route, options)
      .catch((cause: unknown) => failRequest(cause, call, route, wiring))
      .then((act) => act(actions))
      // What the application's own code throws in its turn.
      .catch((error: unknown) => actions.error(thrownError(error)))
  }
}

type Route = 'login' | 'callback'

// An answer of CIS2 at another path is a callback too, and refused as such: another login would come back here for ever.
function routeOf(req: Request, wiring: Wiring): Route {
  const { query } = publicLocation(wiring, req)
  const parameters = new URLSearchParams(query)
  const isAnswer = parameters.has('state') && (parameters.has('code') || parameters.has('error'))
  return isAtPath(wiring, req, wiring.config.redirectPath) || isAnswer ? 'callback' : 'login'
}

/** `req.isAuthenticated()` would be the library's, which knows nothing of Passport's logins. */
function checkPassportStyleIsOff(req: Request): void {
  const context: unknown = req.cis2
  if (context instanceof RequestContext && context.wiring.config.passportStyle)
    throw new ConfigurationError([
      {
        option: 'passportStyle',
        message:
          "is on, and req.cis2 is there before passport.authenticate(): req.isAuthenticated() would not be Passport's. " +
          'Set passportStyle: false, or mount cis2.jwks() and not cis2.router()',
      },
    ])
}
