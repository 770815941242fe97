import { urlencoded, type Request, type RequestHandler } from 'express'
import type { FinishedLogin } from '../attempt/logins-in-flight.js'
import { createRoute, requireSession, type RouteCall } from '../create-route.js'
import { withinSignal } from '../deadline.js'
import { Cis2Error, LoginError, ProviderError } from '../errors.js'
import { redirect } from '../redirect.js'
import { joinSession, readLogin } from '../session/user-session.js'
import { publicLocation, type Wiring } from '../wiring.js'
import {
  bodyError,
  hasResponseParameters,
  parametersOfBody,
  parseAuthorizationResponse,
} from './authorization-response.js'
import { finishLogin } from './finish-login.js'

/** Where CIS2 sends the person back: code → tokens → person → session → the page they wanted. */
export function createCallbackRoute(wiring: Wiring): RequestHandler {
  const { config, attempts, inFlight, provider } = wiring
  const methods = [config.responseMode === 'query' ? 'GET' : 'POST']
  return createRoute({ name: 'callback', methods, failureEvent: 'login.failed' }, wiring, async (call) => {
    checkPath(call.req, wiring)
    const response = parseAuthorizationResponse(await readParameters(call, wiring))
    const attempt = attempts.open(response.state, call.req.headers.cookie)
    call.reference = attempt.reference
    call.returnTo = attempt.returnTo
    requireSession(call.req, wiring)
    const running = inFlight.running(attempt.state)
    if (running) await follow(running, call, provider.startBudget())
    else if (attempt.isUsed || inFlight.isUsed(attempt.state)) refuseUnlessLoggedIn(call.req, wiring)
    else await inFlight.run(attempt.state, () => finishLogin(call, response, attempt, wiring))
    // 303: the browser must come with GET, also after a form_post.
    redirect(call.res, 303, attempt.returnTo)
  })
}

/** The second of two identical requests gets what the first one gets: its session, or its failure. */
async function follow(
  running: Promise<FinishedLogin>,
  { req }: RouteCall,
  signal: AbortSignal,
): Promise<void> {
  const { sessionId } = await withinSignal(running, signal).catch((error: unknown) => {
    // What the first one threw is as true of this one; only our own waiting has a name here.
    throw signal.aborted && !(error instanceof Cis2Error)
      ? new ProviderError('ERR_CIS2_TOKEN_TIMEOUT')
      : error
  })
  await joinSession(req, sessionId, signal)
}

// The back button after a login: somebody who is logged in is taken where that login led.
function refuseUnlessLoggedIn(req: Request, wiring: Wiring): void {
  if (readLogin(req, wiring) === undefined) throw new LoginError('ERR_CIS2_ATTEMPT_USED')
}

function checkPath(req: Request, wiring: Wiring): void {
  const { path } = publicLocation(wiring, req)
  const { redirectPath } = wiring.config
  if (path !== redirectPath)
    throw new LoginError(
      'ERR_CIS2_CALLBACK_PATH',
      `the callback arrived at ${JSON.stringify(path.slice(0, 300))}; redirectUri ends in ${JSON.stringify(redirectPath)}`,
    )
}

const parseForm = urlencoded({ extended: false, limit: '64kb', parameterLimit: 100 })

async function readParameters({ req, res }: RouteCall, wiring: Wiring): Promise<URLSearchParams> {
  const query = new URLSearchParams(publicLocation(wiring, req).query)
  if (wiring.config.responseMode === 'query') return query
  if (hasResponseParameters(query))
    throw new LoginError(
      'ERR_CIS2_RESPONSE_MODE',
      'the query carries an authorization response beside the form',
    )
  await new Promise<void>((resolve, reject) => {
    parseForm(req, res, (error?: unknown) => (error ? reject(bodyError(error)) : resolve()))
  })
  return parametersOfBody(req.body)
}
